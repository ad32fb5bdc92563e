//! Values that note how they are used: the parts of a state that many share.
//!
//! A state machine whose steps are to be reordered has to know what each of them touches. It is made of parts: a [`Part`] holds
//! one value, [`Parts`] hold one for each key. Whoever gets at the value leaves a note, whether he says so or not; whoever owns
//! the state takes the notes after each step, and holds them against what the step had announced.
//!
//! * [`canonical`] - hashes that do not care what things are called
//! * [`touch`] - how a part was used
//! * [`part`] - one value
//! * [`keyed`] - a value for each key
//! * [`store`] - where the value is: shared with copies, or not
//!
//! A copy of a part costs next to nothing: whole states can be kept and gone back to.
//!
//! Copies, comparisons, hashes and debugging texts of a part leave no note, nor does [`Part::peek`]: they are for those who
//! look at a state from outside.

pub mod canonical;
pub mod keyed;
pub mod part;
pub mod store;
pub mod touch;

pub use canonical::{CanonicalHasher, Digest, NameOf, hash_name};
pub use keyed::{Groups, Parts};
pub use part::{Group, Part};
pub use touch::Touch;
