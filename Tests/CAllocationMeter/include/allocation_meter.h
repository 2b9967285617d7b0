/// Counts what a thread takes from the allocator, by the allocator's own figures (malloc_usable_size); under a sanitizer,
/// which has an allocator of its own, nothing.
#ifndef ALLOCATION_METER_H
#define ALLOCATION_METER_H

/// Begins a measurement on this thread: what is held is 0 from now on.
void allocation_meter_start(void);

/// The most bytes that this thread has held at a time since the start.
long allocation_meter_peak(void);

/// The bytes that this thread has taken and not given back since the start.
long allocation_meter_held(void);

/// How often this thread has asked for a block, or for another size of one, since the start.
long allocation_meter_count(void);

#endif
