//! Values that note how they are used: the parts of a state that many share.
//!
//! A state machine whose steps are to be reordered has to know what each of them touches. It is made of parts: a [`Part`] holds
//! one value, [`Parts`] hold one for each key. Whoever gets at the value leaves a note, whether he says so or not; whoever owns
//! the state takes the notes after each step, and holds them against what the step had announced.
//!
//! * [`touch`] - how a part was used
//! * [`part`] - one value
//! * [`keyed`] - a value for each key
//!
//! Copies, comparisons, hashes and debugging texts of a part leave no note, nor does [`Part::peek`]: they are for those who
//! look at a state from outside.

pub mod keyed;
pub mod part;
pub mod touch;

pub use keyed::Parts;
pub use part::Part;
pub use touch::Touch;
