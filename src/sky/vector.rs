//! Unit vectors and rotation matrices on the celestial sphere: the arithmetic the rest of the room stands on.

/// A direction in space: Cartesian, of length 1.
pub type UnitVector = [f64; 3];

/// A 3x3 matrix, row by row; frames are rotated by `matrix · vector`.
pub type Matrix = [[f64; 3]; 3];

/// Scalar product.
pub fn dot(a: UnitVector, b: UnitVector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
pub fn cross(a: UnitVector, b: UnitVector) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Length.
pub fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

/// The vector of length 1 in the same direction; `None` for (almost) nothing.
pub fn normalised(a: [f64; 3]) -> Option<UnitVector> {
    let length = norm(a);
    (length > 1e-300 && length.is_finite()).then(|| a.map(|component| component / length))
}

/// `a · s + b · t`.
pub fn combine(a: [f64; 3], s: f64, b: [f64; 3], t: f64) -> [f64; 3] {
    [a[0] * s + b[0] * t, a[1] * s + b[1] * t, a[2] * s + b[2] * t]
}

/// The angle between two directions in radians, as accurate for 1e-12 as for π.
pub fn angle(a: UnitVector, b: UnitVector) -> f64 {
    norm(cross(a, b)).atan2(dot(a, b))
}

/// The direction of a longitude and latitude in degrees; exact at multiples of 90°.
pub fn from_degrees(longitude_deg: f64, latitude_deg: f64) -> UnitVector {
    let (sin_lon, cos_lon) = sin_cos_deg(longitude_deg);
    let (sin_lat, cos_lat) = sin_cos_deg(latitude_deg);
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// Longitude in [0, 360) and latitude in [-90, 90], degrees, of a direction (of any length but zero).
pub fn to_degrees(v: [f64; 3]) -> (f64, f64) {
    (full_turn_deg(v[1].atan2(v[0]).to_degrees()), v[2].atan2(v[0].hypot(v[1])).to_degrees())
}

/// An angle in degrees brought into [0, 360).
pub fn full_turn_deg(angle_deg: f64) -> f64 {
    let turned = angle_deg.rem_euclid(360.0);
    // The remainder of a tiny negative angle rounds to 360 itself.
    if turned >= 360.0 { 0.0 } else { turned }
}

/// Sine and cosine of an angle in degrees, exact at multiples of 90°.
pub fn sin_cos_deg(angle_deg: f64) -> (f64, f64) {
    if angle_deg % 90.0 == 0.0 {
        let quarter = (angle_deg / 90.0).rem_euclid(4.0);
        if quarter < 0.5 {
            (0.0, 1.0)
        } else if quarter < 1.5 {
            (1.0, 0.0)
        } else if quarter < 2.5 {
            (0.0, -1.0)
        } else {
            (-1.0, 0.0)
        }
    } else {
        angle_deg.to_radians().sin_cos()
    }
}

/// `matrix · vector`.
pub fn rotate(matrix: &Matrix, v: [f64; 3]) -> [f64; 3] {
    [dot(matrix[0], v), dot(matrix[1], v), dot(matrix[2], v)]
}

/// `a · b`.
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let columns = transposed(b);
    a.map(|row| [dot(row, columns[0]), dot(row, columns[1]), dot(row, columns[2])])
}

/// Rows become columns: the inverse of a rotation.
pub fn transposed(m: &Matrix) -> Matrix {
    [[m[0][0], m[1][0], m[2][0]], [m[0][1], m[1][1], m[2][1]], [m[0][2], m[1][2], m[2][2]]]
}

/// Inverse of a matrix that is nearly a rotation, by its cofactors.
pub fn inverted(m: &Matrix) -> Matrix {
    let cofactors = [cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])];
    let determinant = dot(m[0], cofactors[0]);
    transposed(&cofactors.map(|row| row.map(|c| c / determinant)))
}

/// The axis a frame is turned about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Towards longitude 0.
    X,
    /// Towards longitude 90°.
    Y,
    /// Towards the pole.
    Z,
}

/// Turns the *frame* by `angle_rad` about `axis` (the R₁, R₂, R₃ of the Explanatory Supplement).
pub fn frame_rotation(axis: Axis, angle_rad: f64) -> Matrix {
    let (s, c) = angle_rad.sin_cos();
    match axis {
        Axis::X => [[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]],
        Axis::Y => [[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]],
        Axis::Z => [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]],
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact() {
        assert_eq!(from_degrees(90.0, 0.0), [0.0, 1.0, 0.0]);
        assert_eq!(from_degrees(270.0, 0.0), [0.0, -1.0, 0.0]);
        assert_eq!(from_degrees(-180.0, 0.0), [-1.0, 0.0, 0.0]);
        assert_eq!(from_degrees(123.0, 90.0), [0.0, 0.0, 1.0]);
        assert_eq!(from_degrees(123.0, -90.0), [0.0, 0.0, -1.0]);
    }

    #[test]
    fn longitudes_stay_below_a_full_turn() {
        assert_eq!(full_turn_deg(-1e-20), 0.0);
        assert_eq!(full_turn_deg(-90.0), 270.0);
        assert_eq!(full_turn_deg(720.5), 0.5);
    }

    #[test]
    fn an_inverse_undoes_its_matrix() {
        let m = product(&frame_rotation(Axis::X, 0.3), &frame_rotation(Axis::Z, 1.1));
        let stretched = m.map(|row| row.map(|c| c * 1.000_001));
        let identity = product(&inverted(&stretched), &stretched);
        for (i, row) in identity.iter().enumerate() {
            for (j, c) in row.iter().enumerate() {
                assert!((c - f64::from(u8::from(i == j))).abs() < 1e-15);
            }
        }
    }
}
