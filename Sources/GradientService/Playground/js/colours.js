// The heat maps' colours: orange for negative, blue for positive, the paper's own for zero. The two poles are told
// apart under every common kind of colour blindness, and each cell has its number as well.

const POLES = {
  light: { zero: [255, 255, 255], positive: [11, 95, 165], negative: [186, 84, 6] },
  dark: { zero: [24, 28, 34], positive: [104, 176, 245], negative: [240, 150, 70] },
};

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

function luminance([red, green, blue]) {
  const linear = (channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The background and ink of a cell on a scale from −largest to largest. */
export function cellColour(value, largest) {
  const poles = isDark() ? POLES.dark : POLES.light;
  const number = Number(value);
  if (!Number.isFinite(number)) return { paper: isDark() ? "#4a2b5e" : "#e8d4f3", ink: isDark() ? "#fff" : "#000" };
  const part = largest > 0 ? Math.min(1, Math.abs(number) / largest) : 0;
  const pole = number < 0 ? poles.negative : poles.positive;
  // The root keeps small values apart from zero.
  const weight = part === 0 ? 0 : 0.08 + 0.92 * Math.sqrt(part);
  const mixed = poles.zero.map((channel, index) => Math.round(channel + (pole[index] - channel) * weight));
  // Either black or white has a contrast of 4.5 or more on any colour.
  const ink = luminance(mixed) > 0.179 ? "#000" : "#fff";
  return { paper: `rgb(${mixed.join(" ")})`, ink };
}
