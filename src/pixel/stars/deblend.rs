//! Stars whose light flows together, taken apart: by how the detection falls into pieces as the threshold rises.
//! Bertin & Arnouts 1996 section 6.

use super::background::Background;
use super::detect::{KERNEL_WEIGHT, Run, smoothed};
use super::profile::{Pixel, Profile};
use super::{DETECTION_SIGMA, LARGEST_SIDE, MINIMUM_AREA, components};
use crate::pixel::memory::InMemory;

/// Thresholds tried, at equal ratios from that of the detection to the brightest pixel.
const LEVELS: usize = 32;
/// Part of the detection's light that a piece must have above the level where it separates.
const LEAST_CONTRAST: f32 = 0.005;
/// Boxes of more pixels than this are no stars, and hold so many that nobody misses them.
const LARGEST_BOX: usize = 1 << 22;

/// Pixels that belong together, and where the middle of their light is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Detection {
    pub(super) pixels: Vec<Pixel>,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Detection {
    fn of(pixels: Vec<Pixel>, threshold: f32) -> Option<Self> {
        let profile = Profile::of(&pixels, f64::from(threshold))?;
        Some(Self { pixels, x: profile.x, y: profile.y })
    }
}

/// The stars in a detection.
pub(super) fn stars(frame: &InMemory, background: &Background, runs: &[Run]) -> Vec<Detection> {
    let Some(bounds) = Bounds::of(runs) else { return Vec::new() };
    let mut pixels = Vec::with_capacity(components::area(runs));
    for run in runs {
        for x in run.start..run.end {
            let sum = smoothed(frame, x as usize, run.row as usize) as f32 / KERNEL_WEIGHT as f32;
            let excess = sum - background.at(x as usize, run.row as usize);
            pixels.push(Pixel { x, y: run.row, excess });
        }
    }
    let threshold = DETECTION_SIGMA * background.noise();
    // Two stars need the room of two.
    if pixels.len() >= 2 * MINIMUM_AREA {
        let tree = Tree::grow(&pixels, &bounds, threshold);
        if tree.stars > 1 {
            return tree.divide(pixels);
        }
    }
    Detection::of(pixels, threshold).into_iter().collect()
}

/// The box around a detection, with a margin of a pixel.
struct Bounds {
    x: u32,
    y: u32,
    width: usize,
    height: usize,
}

impl Bounds {
    fn of(runs: &[Run]) -> Option<Self> {
        let (top, bottom) = (runs.first()?.row, runs.last()?.row);
        let left = runs.iter().map(|run| run.start).min()?;
        let right = runs.iter().map(|run| run.end).max()?;
        let (width, height) = ((right - left) as usize + 2, (bottom - top) as usize + 3);
        (width * height <= LARGEST_BOX).then_some(Self { x: left, y: top, width, height })
    }

    /// The place of a pixel in the box, margin included.
    fn place(&self, pixel: &Pixel) -> usize {
        (pixel.y - self.y + 1) as usize * self.width + (pixel.x - self.x + 1) as usize
    }

    /// The eight places around one.
    fn around(&self, place: usize) -> [usize; 8] {
        let (above, below) = (place - self.width, place + self.width);
        [above - 1, above, above + 1, place - 1, place + 1, below - 1, below, below + 1]
    }
}

/// No pixel here.
const NOBODY: u32 = u32::MAX;

/// What hangs together above a threshold.
#[derive(Clone, Copy)]
struct Piece {
    /// One of its pixels, which stands for it.
    root: u32,
    area: usize,
    sum: f32,
    /// The piece it is part of at the next lower threshold.
    whole: u32,
    /// The star it is, if it was told apart.
    star: u32,
    /// Whether stars were told apart inside it.
    is_divided: bool,
}

/// Pixels joined from the brightest to the faintest.
struct Tree {
    parents: Vec<u32>,
    areas: Vec<u32>,
    /// The first piece each pixel was part of.
    homes: Vec<u32>,
    /// Of all thresholds.
    pieces: Vec<Piece>,
    stars: u32,
}

impl Tree {
    fn grow(pixels: &[Pixel], bounds: &Bounds, threshold: f32) -> Self {
        let peak = pixels.iter().map(|pixel| pixel.excess).fold(threshold, f32::max);
        let least = LEAST_CONTRAST * pixels.iter().map(|pixel| pixel.excess).sum::<f32>();
        let ratio = (peak / threshold).ln().max(f32::MIN_POSITIVE);
        let level = |pixel: &Pixel| {
            let level = (pixel.excess / threshold).max(1.0).ln() / ratio * LEVELS as f32;
            (level as usize).min(LEVELS - 1)
        };
        let mut by_level: Vec<Vec<u32>> = vec![Vec::new(); LEVELS];
        pixels.iter().enumerate().for_each(|(index, pixel)| by_level[level(pixel)].push(index as u32));

        let mut tree = Self {
            parents: (0..pixels.len() as u32).collect(),
            areas: vec![1; pixels.len()],
            homes: vec![NOBODY; pixels.len()],
            pieces: Vec::new(),
            stars: 0,
        };
        let mut owners = vec![NOBODY; bounds.width * bounds.height];
        // The piece that a root stands for at this level, and the pieces of the level above.
        let mut current = vec![NOBODY; pixels.len()];
        let mut above = 0..0;
        for (level, added) in by_level.iter().enumerate().rev() {
            for &index in added {
                owners[bounds.place(&pixels[index as usize])] = index;
            }
            for &index in added {
                for neighbour in bounds.around(bounds.place(&pixels[index as usize])) {
                    if owners[neighbour] != NOBODY {
                        tree.join(index, owners[neighbour]);
                    }
                }
            }
            let first = tree.pieces.len();
            for piece in above.clone() {
                let Piece { root, area, sum, is_divided, .. } = tree.pieces[piece];
                let whole = tree.piece(root, &mut current, first);
                tree.pieces[piece].whole = whole;
                let whole = &mut tree.pieces[whole as usize];
                whole.area += area;
                whole.sum += sum;
                whole.is_divided |= is_divided;
            }
            for &index in added {
                let home = tree.piece(index, &mut current, first);
                tree.homes[index as usize] = home;
                let home = &mut tree.pieces[home as usize];
                home.area += 1;
                home.sum += pixels[index as usize].excess;
            }
            let floor = threshold * (ratio * (level + 1) as f32 / LEVELS as f32).exp();
            tree.tell_apart(above, |piece| {
                piece.area >= MINIMUM_AREA && piece.sum - floor * piece.area as f32 > least
            });
            above = first..tree.pieces.len();
        }
        tree
    }

    /// The piece of this level, which begins with the number `first`, that a pixel is part of.
    fn piece(&mut self, pixel: u32, current: &mut [u32], first: usize) -> u32 {
        let root = self.root(pixel);
        let known = current[root as usize];
        if known != NOBODY && known as usize >= first {
            return known;
        }
        let piece = self.pieces.len() as u32;
        self.pieces.push(Piece { root, area: 0, sum: 0.0, whole: NOBODY, star: NOBODY, is_divided: false });
        current[root as usize] = piece;
        piece
    }

    /// Pieces that flowed into one, and are worth it, are stars.
    fn tell_apart(&mut self, above: std::ops::Range<usize>, is_worth_it: impl Fn(&Piece) -> bool) {
        let is_candidate = |piece: &Piece| piece.is_divided || is_worth_it(piece);
        let mut candidates: Vec<(u32, usize)> = above
            .filter(|&piece| is_candidate(&self.pieces[piece]))
            .map(|piece| (self.pieces[piece].whole, piece))
            .collect();
        candidates.sort_unstable();
        for group in candidates.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            for &(whole, piece) in group {
                self.pieces[whole as usize].is_divided = true;
                if !self.pieces[piece].is_divided {
                    self.pieces[piece].star = self.stars;
                    self.stars += 1;
                }
            }
        }
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        let (root, child) =
            if self.areas[one as usize] >= self.areas[other as usize] { (one, other) } else { (other, one) };
        self.parents[child as usize] = root;
        self.areas[root as usize] += self.areas[child as usize];
    }

    fn root(&self, mut index: u32) -> u32 {
        while self.parents[index as usize] != index {
            index = self.parents[index as usize];
        }
        index
    }

    /// The star a pixel surely belongs to.
    fn star_of(&self, pixel: usize) -> Option<usize> {
        let mut piece = self.homes[pixel];
        while let Some(&Piece { star, whole, .. }) = self.pieces.get(piece as usize) {
            if star != NOBODY {
                return Some(star as usize);
            }
            piece = whole;
        }
        None
    }

    /// The stars; a pixel between them goes to the one that, taken for a Gaussian, has more light there.
    fn divide(&self, pixels: Vec<Pixel>) -> Vec<Detection> {
        let mut cores: Vec<Vec<Pixel>> = vec![Vec::new(); self.stars as usize];
        let mut rest = Vec::new();
        for (index, pixel) in pixels.into_iter().enumerate() {
            match self.star_of(index) {
                Some(star) => cores[star].push(pixel),
                None => rest.push(pixel),
            }
        }
        let mut stars: Vec<(Wings, Detection)> = cores.into_iter().filter_map(Wings::around).collect();
        stars.sort_by(|(_, a), (_, b)| a.y.total_cmp(&b.y));
        for pixel in rest {
            let (top, bottom) = (f64::from(pixel.y) - Wings::REACH, f64::from(pixel.y) + Wings::REACH);
            let first = stars.partition_point(|(_, star)| star.y < top);
            let near = stars[first..].iter_mut().take_while(|(_, star)| star.y <= bottom);
            let claims = near.filter_map(|(wings, star)| Some((wings.light_at(&pixel)?, star)));
            if let Some((_, star)) = claims.max_by(|a, b| a.0.total_cmp(&b.0)) {
                star.pixels.push(pixel);
            }
        }
        stars.into_iter().map(|(_, star)| star).collect()
    }
}

/// The light of a star beyond the pixels that are surely its own.
struct Wings {
    core: Profile,
    /// Natural logarithm of the height at the centre.
    height: f64,
}

impl Wings {
    /// The highest a Gaussian may be that is drawn through the border of a core, in peaks of that core.
    const HIGHEST: f64 = 4.0;
    /// What is further away, in columns or rows, belongs to something too large for a star.
    const REACH: f64 = LARGEST_SIDE as f64;

    /// A core and its wings.
    fn around(core: Vec<Pixel>) -> Option<(Self, Detection)> {
        let floor = core.iter().map(|pixel| f64::from(pixel.excess)).reduce(f64::min)?;
        let profile = Profile::of(&core, floor)?;
        let extent = profile.area / (2.0 * profile.ellipse * profile.fullness);
        let height = (floor.ln() + extent).min((Self::HIGHEST * profile.peak).ln());
        let star = Detection { pixels: core, x: profile.x, y: profile.y };
        Some((Self { core: profile, height }, star))
    }

    /// Natural logarithm of the light in a place; `None` out of reach.
    fn light_at(&self, pixel: &Pixel) -> Option<f64> {
        let (x, y) = (f64::from(pixel.x), f64::from(pixel.y));
        let is_near = (x - self.core.x).abs() <= Self::REACH;
        is_near.then(|| self.height - 0.5 * self.core.squared_distance(x, y) / self.core.fullness)
    }
}
