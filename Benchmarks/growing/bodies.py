"""Requests of any size, made of seeded numbers."""
import itertools
import random


class Numbers:
    """Random normal numbers as text, the same in every run.

    There are fewer than a large request takes; they come round again, too rarely for a processor to learn them.
    """

    def __init__(self, count=1 << 16):
        self.random = random.Random(2026)
        self.count = count
        self.pools = {}

    def take(self, count, scale):
        """So many numbers times a scale, each as text."""
        if scale not in self.pools:
            self.pools[scale] = itertools.cycle([repr(self.random.gauss(0, scale)) for _ in range(self.count)])
        return itertools.islice(self.pools[scale], count)

    def vector(self, length, scale=1.0):
        return "[" + ",".join(self.take(length, scale)) + "]"

    def matrix(self, rows, columns, scale=1.0):
        return "[" + ",".join(self.vector(columns, scale) for _ in range(rows)) + "]"

    def linear(self, width, out):
        """A linear layer's text and how many numbers it has."""
        scale = width ** -0.5
        weight, bias = self.matrix(out, width, scale), self.vector(out, scale)
        return '{"type":"linear","weight":%s,"bias":%s}' % (weight, bias), out * width + out


def request(layers, inputs, loss):
    body = '{"network":{"layers":[%s]},"input":%s,"loss":%s}' % (",".join(layers), inputs, loss)
    return body.encode()


def classifier(numbers, batch):
    """An MLP 784-32-10 with ReLU and cross entropy: a batch soon outweighs the weights."""
    (first, a), (second, b) = numbers.linear(784, 32), numbers.linear(32, 10)
    labels = [numbers.random.randrange(10) for _ in range(batch)]
    body = request(
        [first, '{"type":"relu"}', second],
        numbers.matrix(batch, 784),
        '{"type":"cross_entropy","target":%s}' % str(labels).replace(" ", ""),
    )
    return body, a + b + 784 * batch + batch


def square(numbers, width, batch=16):
    """Two linear layers of one width with a ReLU between them: the weights outweigh the batch."""
    (first, a), (second, b) = numbers.linear(width, width), numbers.linear(width, width)
    loss = '{"type":"mse","target":%s}' % numbers.matrix(batch, width)
    body = request([first, '{"type":"relu"}', second], numbers.matrix(batch, width), loss)
    return body, a + b + 2 * batch * width


def chain(numbers, depth, width=8, batch=4):
    """So many layers one after another, every other of them linear, the others tanh."""
    layers, count = [], 2 * batch * width
    for index in range(depth):
        if index % 2 == 0:
            text, size = numbers.linear(width, width)
            layers.append(text)
            count += size
        else:
            layers.append('{"type":"tanh"}')
    loss = '{"type":"mse","target":%s}' % numbers.matrix(batch, width)
    return request(layers, numbers.matrix(batch, width), loss), count


def cube(numbers, width):
    """The same with as many samples as the layers are wide."""
    return square(numbers, width, batch=width)


def attention(numbers, length, width=16):
    """A sequence of so many tokens through multi-head attention with one head."""
    scale = width ** -0.5
    layer = '{"type":"multi_head_attention","num_heads":1,"in_proj_weight":%s,"out_proj_weight":%s}' % (
        numbers.matrix(3 * width, width, scale), numbers.matrix(width, width, scale)
    )
    loss = '{"type":"mse","target":[%s]}' % numbers.matrix(length, width)
    body = request([layer], "[%s]" % numbers.matrix(length, width), loss)
    return body, 4 * width * width + 2 * length * width


def small(numbers):
    """An MLP 3-4-2-1 and one sample: answered where it is received."""
    layers, counts = zip(*(numbers.linear(*sizes) for sizes in [(3, 4), (4, 2), (2, 1)]))
    loss = '{"type":"mse","target":%s}' % numbers.matrix(1, 1)
    return request(layers, numbers.matrix(1, 3), loss), sum(counts) + 4


def medium(numbers):
    """An MLP 16-64-64-8 with tanh and 32 samples: answered by the compute threads."""
    (first, a), (second, b), (third, c) = numbers.linear(16, 64), numbers.linear(64, 64), numbers.linear(64, 8)
    loss = '{"type":"mse","target":%s}' % numbers.matrix(32, 8)
    body = request([first, '{"type":"tanh"}', second, '{"type":"tanh"}', third], numbers.matrix(32, 16), loss)
    return body, a + b + c + 32 * 24
