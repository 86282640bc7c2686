//! RADESYS and EQUINOX: the reference frame of a description (FITS Paper II §3.1).

use super::WcsError;
use super::cards::Cards;
use super::ctype::CelestialSystem;
use crate::sky::RadeSys;

/// Equinoxes before this year mean FK4 where RADESYS is silent.
const FIRST_FK5_EQUINOX: f64 = 1984.0;

/// The frame of the axes, or why positions in it cannot become ICRS.
pub(super) fn read(cards: &Cards, alternate: &str, system: &CelestialSystem) -> Result<RadeSys, WcsError> {
    match system {
        CelestialSystem::Galactic => return Ok(RadeSys::Galactic),
        CelestialSystem::Other(prefix) => return Err(WcsError::NotEquatorial(prefix.clone())),
        CelestialSystem::Equatorial | CelestialSystem::Ecliptic => {}
    }
    let equatorial = equatorial(cards, alternate)?;
    if *system == CelestialSystem::Equatorial {
        return Ok(equatorial);
    }
    match equatorial {
        RadeSys::Fk5 { equinox } => Ok(RadeSys::Ecliptic { equinox }),
        RadeSys::Icrs => Ok(RadeSys::Ecliptic { equinox: 2000.0 }),
        _ => Err(WcsError::NotEquatorial("FK4 ecliptic".to_owned())),
    }
}

fn equatorial(cards: &Cards, alternate: &str) -> Result<RadeSys, WcsError> {
    let equinox = equinox(cards, alternate);
    let stated = cards
        .text(&format!("RADESYS{alternate}"))
        .or_else(|| cards.text("RADECSYS").filter(|_| alternate.is_empty()))
        .map(str::to_ascii_uppercase);
    Ok(match (stated.as_deref(), equinox) {
        (Some("ICRS"), _) => RadeSys::Icrs,
        (Some("FK5"), equinox) => RadeSys::Fk5 { equinox: equinox.unwrap_or(2000.0) },
        (Some("FK4"), equinox) => RadeSys::Fk4 { equinox: equinox.unwrap_or(1950.0) },
        (Some("FK4-NO-E"), equinox) => RadeSys::Fk4NoETerms { equinox: equinox.unwrap_or(1950.0) },
        (Some("GAPPT"), _) => return Err(WcsError::NotEquatorial("GAPPT".to_owned())),
        // A name nobody defined says no more than none at all.
        (_, Some(equinox)) if equinox < FIRST_FK5_EQUINOX => RadeSys::Fk4 { equinox },
        (_, Some(equinox)) => RadeSys::Fk5 { equinox },
        (_, None) => RadeSys::Icrs,
    })
}

/// EQUINOX or, in a primary description, its old name EPOCH; also as `J2000`. A year that cannot be one is ignored.
fn equinox(cards: &Cards, alternate: &str) -> Option<f64> {
    let text = cards
        .text(&format!("EQUINOX{alternate}"))
        .or_else(|| cards.text("EPOCH").filter(|_| alternate.is_empty()))?;
    text.trim_start_matches(['J', 'B', 'j', 'b']).parse().ok().filter(|year| (1500.0..=2500.0).contains(year))
}
