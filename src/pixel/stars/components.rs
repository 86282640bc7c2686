//! Runs that touch, also at corners, belong together.

use super::detect::Run;

/// The groups of runs that hang together; within a group row by row.
pub(super) fn connected(runs: &[Run]) -> Vec<Vec<Run>> {
    let mut parents: Vec<u32> = (0..runs.len() as u32).collect();
    let rows: Vec<&[Run]> = runs.chunk_by(|a, b| a.row == b.row).collect();
    let mut first = 0;
    for pair in rows.windows(2) {
        let (upper, lower) = (pair[0], pair[1]);
        if upper[0].row + 1 == lower[0].row {
            join_rows(&mut parents, (upper, first), (lower, first + upper.len()));
        }
        first += upper.len();
    }
    let mut groups: Vec<Vec<Run>> = Vec::new();
    let mut group_of = vec![u32::MAX; runs.len()];
    for (index, run) in runs.iter().enumerate() {
        let root = root(&mut parents, index as u32) as usize;
        if group_of[root] == u32::MAX {
            group_of[root] = groups.len() as u32;
            groups.push(Vec::new());
        }
        groups[group_of[root] as usize].push(*run);
    }
    groups
}

/// Pixels of a group.
pub(super) fn area(runs: &[Run]) -> usize {
    runs.iter().map(|run| (run.end - run.start) as usize).sum()
}

/// Joins the runs of two rows, one above the other, each with the number of its first run.
fn join_rows(parents: &mut [u32], (upper, first): (&[Run], usize), (lower, second): (&[Run], usize)) {
    let (mut a, mut b) = (0, 0);
    while let (Some(above), Some(below)) = (upper.get(a), lower.get(b)) {
        if above.start <= below.end && below.start <= above.end {
            let (one, other) = (root(parents, (first + a) as u32), root(parents, (second + b) as u32));
            parents[one.max(other) as usize] = one.min(other);
        }
        if above.end < below.end { a += 1 } else { b += 1 }
    }
}

fn root(parents: &mut [u32], mut index: u32) -> u32 {
    while parents[index as usize] != index {
        parents[index as usize] = parents[parents[index as usize] as usize];
        index = parents[index as usize];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hang_together_over_sides_and_corners_and_around_bays() {
        let run = |row, start, end| Run { row, start, end };
        // A U, a dot that touches it at a corner, and a dot apart.
        let runs = [
            run(0, 0, 2),
            run(0, 5, 7),
            run(1, 0, 2),
            run(1, 5, 7),
            run(1, 10, 11),
            run(2, 0, 7),
            run(3, 7, 8),
            run(5, 0, 1),
        ];
        let groups = connected(&runs);
        assert_eq!(groups.iter().map(|group| area(group)).collect::<Vec<_>>(), [16, 1, 1]);
        assert!(connected(&[]).is_empty());
    }
}
