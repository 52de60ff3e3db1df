//! f16 to f32 and back, in plain Rust (IEEE 754 binary16, round to nearest even).

/// Widens an f16 given as its bits. Exact.
#[inline]
pub fn to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let rest = u32::from(bits & 0x7fff) << 13;
    let exponent = rest & 0x0f80_0000;
    // Shifting leaves the exponent 112 too small; infinity and NaN need the largest exponent of f32 instead.
    let value = match exponent {
        0x0f80_0000 => f32::from_bits(rest + (224 << 23)),
        0 => f32::from_bits(rest + (113 << 23)) - f32::from_bits(113 << 23),
        _ => f32::from_bits(rest + (112 << 23)),
    };
    f32::from_bits(value.to_bits() | sign)
}

/// Narrows to the bits of the nearest f16; what is too large becomes infinity.
#[inline]
pub fn from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    let rest = if magnitude > 0x7f80_0000 {
        0x7e00
    } else if magnitude >= 0x477f_f000 {
        0x7c00
    } else if magnitude < 0x3880_0000 {
        // Below the normal range: adding 0.5 makes the hardware round at the last bit of an f16.
        (f32::from_bits(magnitude) + 0.5).to_bits() - 0x3f00_0000
    } else {
        (magnitude - (112 << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13
    };
    sign | rest as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_round_trip() {
        for bits in 0..=u16::MAX {
            let wide = to_f32(bits);
            let back = from_f32(wide);
            assert!(back == bits || (wide.is_nan() && to_f32(back).is_nan()), "{bits:04x} {wide} {back:04x}");
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_and_to_even() {
        let cases = [
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (65519.9, 0x7bff),
            (65520.0, 0x7c00),
            (1.0 + 1.0 / 2048.0, 0x3c00),
            (1.0 + 3.0 / 2048.0, 0x3c02),
            (5.960_464_5e-8, 0x0001),
            (2.9e-8, 0x0000),
        ];
        for (value, bits) in cases {
            assert_eq!(from_f32(value), bits, "{value}");
        }
    }
}
