//! Vectors as points of a plane, so that a region map can be drawn: the two directions in which they differ most
//! (principal component analysis, by power iteration).

use super::features::dot;

/// A point for each vector, both coordinates within -1 to 1.
pub fn plane(vectors: &[&[f32]]) -> Vec<(f32, f32)> {
    let Some(width) = vectors.first().map(|vector| vector.len()) else { return vec![] };
    let count = vectors.len() as f32;
    let mut mean = vec![0.0_f32; width];
    for vector in vectors {
        mean.iter_mut().zip(*vector).for_each(|(sum, value)| *sum += value / count);
    }
    let centred: Vec<Vec<f32>> =
        vectors.iter().map(|vector| vector.iter().zip(&mean).map(|(a, b)| a - b).collect()).collect();
    let first = direction(&centred, &[], width);
    let second = direction(&centred, &first, width);
    let points: Vec<(f32, f32)> = centred.iter().map(|one| (dot(one, &first), dot(one, &second))).collect();
    let most = |pick: fn(&(f32, f32)) -> f32| points.iter().map(|p| pick(p).abs()).fold(1e-6_f32, f32::max);
    let (wide, high) = (most(|p| p.0), most(|p| p.1));
    points.into_iter().map(|(x, y)| (x / wide, y / high)).collect()
}

/// The unit vector along which the rows differ most, at right angles to `beside`.
fn direction(rows: &[Vec<f32>], beside: &[f32], width: usize) -> Vec<f32> {
    // Any start that is not at right angles to the answer; the same each time.
    let mut axis: Vec<f32> = (0..width).map(|at| ((at * 37 + 11) % 17) as f32 - 8.0).collect();
    for _ in 0..60 {
        let mut next = vec![0.0_f32; width];
        for row in rows {
            let along = dot(row, &axis);
            next.iter_mut().zip(row).for_each(|(sum, value)| *sum += along * value);
        }
        if !beside.is_empty() {
            let along = dot(&next, beside);
            next.iter_mut().zip(beside).for_each(|(value, other)| *value -= along * other);
        }
        let length = dot(&next, &next).sqrt();
        if length < 1e-12 {
            return vec![0.0; width];
        }
        axis = next.into_iter().map(|value| value / length).collect();
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_direction_comes_first() {
        let rows: Vec<Vec<f32>> = (0..20).map(|at| vec![0.0, at as f32, (at % 2) as f32, 0.0]).collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let points = plane(&rows);
        let (low, high) = (points[0].0, points[19].0);
        assert!(
            (low.abs() - 1.0).abs() < 0.02 && (high.abs() - 1.0).abs() < 0.02 && low * high < 0.0,
            "{points:?}"
        );
        let parity: Vec<bool> = points.iter().map(|point| 0.0 < point.1).collect();
        assert!(parity.windows(2).all(|pair| pair[0] != pair[1]), "{points:?}");
        assert_eq!(plane(&[]), []);
        assert!(
            plane(&[&[1.0, 2.0][..], &[1.0, 2.0][..]]).iter().all(|p| p.0.is_finite() && p.1.is_finite())
        );
    }
}
