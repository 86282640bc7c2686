//! The telescopes and instruments there are, for descriptors to name. Reading them all takes a look at every image,
//! so they are remembered for a while.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::archives::Archives;
use crate::catalogue::CatalogueError;

/// How long a list may be old.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Names of telescopes and of instruments.
type Names = (BTreeSet<String>, BTreeSet<String>);

/// The lists. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Equipment(Cache<(), Arc<Names>>);

impl Default for Equipment {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1).time_to_live(REMEMBERED).build())
    }
}

impl Equipment {
    /// Telescopes and instruments of all archives.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn names(&self, archives: &Archives) -> Result<Names, Arc<CatalogueError>> {
        let read = async {
            let (mut facilities, mut instruments) = Names::default();
            for holding in archives.holdings() {
                let (telescopes, cameras) =
                    archives.catalogue().equipment(&holding.archive, &holding.dataset).await?;
                facilities.extend(telescopes.into_iter().chain(holding.facility.clone()));
                instruments.extend(cameras.into_iter().chain(holding.instrument.clone()));
            }
            Ok(Arc::new((facilities, instruments)))
        };
        Ok((*self.0.try_get_with((), read).await?).clone())
    }
}
