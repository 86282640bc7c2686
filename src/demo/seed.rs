//! Where randomness comes from: a generator per name and stream, never the time of day or the order of threads.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// FNV-1a offset basis and prime, 64 bits (draft-eastlake-fnv).
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The generator of `stream` (a row, a cell of the sky, a layer) of the thing called `name`.
pub(super) fn generator(name: &str, stream: u64) -> Xoshiro256PlusPlus {
    let named = name.bytes().fold(FNV_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
    Xoshiro256PlusPlus::seed_from_u64(scrambled(named ^ scrambled(stream)))
}

/// `SplitMix64`'s output function: every input bit moves every output bit.
pub(super) fn scrambled(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn names_and_streams_have_their_own_numbers() {
        let first = |name, stream| generator(name, stream).random::<u64>();
        assert_eq!(first("a", 0), first("a", 0));
        assert_ne!(first("a", 0), first("a", 1));
        assert_ne!(first("a", 0), first("b", 0));
    }
}
