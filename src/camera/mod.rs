//! Live pictures: sources, the ring of the last seconds, shared feeds, supervision.
