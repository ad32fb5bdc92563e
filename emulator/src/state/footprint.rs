//! What an act has touched.

use crate::state::action::Act;
use crate::state::place::{Place, Thing};
use parts::Touch;

/// The places that one act has touched, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Footprint {
    /// Whose it is.
    pub act: Act,
    places: Vec<(Place, Touch)>,
}

impl Footprint {
    pub(crate) const fn new(act: Act) -> Self {
        Self {
            act,
            places: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, place: Place, touch: Touch) {
        match self.places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, known)) => *known = *known | touch,
            None => self.places.push((place, touch)),
        }
    }

    /// Whether nothing was touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The places, in the order in which notes are taken, each once. Reads of [`Thing::Description`] are not among them.
    pub fn places(&self) -> impl Iterator<Item = (Place, Touch)> + '_ {
        self.places.iter().copied()
    }

    /// Whether the order of the two can matter: one changes what the other has at least looked at.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let meets = |&(place, touch): &(Place, Touch)| {
            other
                .places
                .iter()
                .any(|(theirs, use_of_it)| (touch | *use_of_it) == Touch::Write && place.overlaps(theirs))
        };
        self.redescribes() || other.redescribes() || self.places.iter().any(meets)
    }

    /// Whether it has changed what everybody reads.
    fn redescribes(&self) -> bool {
        self.places
            .iter()
            .any(|(place, touch)| place.thing == Thing::Description && *touch == Touch::Write)
    }
}
