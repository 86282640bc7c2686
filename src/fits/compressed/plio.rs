//! `PLIO_1`: IRAF pixel lists, made for masks. FITS 4.0 section 10.4.3.

/// Decodes a line list (16-bit big-endian words) into `pixels`; what it does not mention is 0.
pub(super) fn decode(packed: &[u8], pixels: &mut [i32]) -> Result<(), &'static str> {
    pixels.fill(0);
    let (words, _) = packed.as_chunks::<2>();
    let word = |at: usize| words.get(at).map(|&bytes| i16::from_be_bytes(bytes));
    let [Some(first), Some(length), Some(low), Some(high)] = [1, 2, 3, 4].map(word) else {
        return if words.is_empty() { Ok(()) } else { Err("a PLIO tile ends early") };
    };
    // Old lists have their length in the third word and no header length.
    let (start, end) = if length > 0 {
        (3, i32::from(length))
    } else {
        (i32::from(first), (i32::from(high) << 15) + i32::from(low))
    };
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err("a PLIO tile has a malformed head");
    };
    if end > words.len() {
        return Err("a PLIO tile ends early");
    }
    let mut value = 1_i32;
    let mut at = 0;
    let mut instructions = words.get(start..end).unwrap_or_default().iter();
    while let Some(&bytes) = instructions.next() {
        let instruction = u16::from_be_bytes(bytes);
        let (code, data) = (instruction >> 12, i32::from(instruction & 0x0fff));
        let run = data as usize;
        match code {
            0 => at += run,
            1 => {
                let high = instructions.next().ok_or("a PLIO tile ends early")?;
                value = (i32::from(i16::from_be_bytes(*high)) << 12) | data;
            }
            2 | 6 => value = value.wrapping_add(data),
            3 | 7 => value = value.wrapping_sub(data),
            4 => {
                let end = (at + run).min(pixels.len());
                pixels.get_mut(at..end).unwrap_or_default().fill(value);
                at += run;
            }
            5 => {
                at += run;
                if let Some(pixel) = at.checked_sub(1).and_then(|last| pixels.get_mut(last)) {
                    *pixel = value;
                }
            }
            _ => return Err("a PLIO tile has an unknown instruction"),
        }
        if code == 6 || code == 7 {
            if let Some(pixel) = pixels.get_mut(at) {
                *pixel = value;
            }
            at += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(instructions: &[u16]) -> Vec<u8> {
        let head = [0, 7, 0xff9c, 7 + instructions.len() as u16, 0, 0, 0];
        head.iter().chain(instructions).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn every_instruction_does_what_the_standard_says() {
        let mut pixels = [-1; 12];
        // 2 zeros; 3 high (1); set 4097 + one pixel after 1 zero; +2 and step; -1 and step; +5; one high.
        let packed = list(&[2, 0x4003, 0x1001, 1, 0x5002, 0x6002, 0x7001, 0x2005, 0x3001, 0x4001]);
        assert_eq!(decode(&packed, &mut pixels), Ok(()));
        assert_eq!(pixels, [0, 0, 1, 1, 1, 0, 4097, 4099, 4098, 4102, 0, 0]);
    }

    #[test]
    fn runs_past_the_tile_are_cut_and_cut_lists_refused() {
        let mut pixels = [0; 3];
        assert_eq!(decode(&list(&[0x4fff, 0x6001, 0x5fff]), &mut pixels), Ok(()));
        assert_eq!(pixels, [1; 3]);
        let packed = list(&[0x4001, 0x4001]);
        assert!(decode(&packed[..packed.len() - 2], &mut pixels).is_err());
        assert!(decode(&list(&[0x1001]), &mut pixels).is_err());
        assert!(decode(&list(&[0x9001]), &mut pixels).is_err());
    }
}
