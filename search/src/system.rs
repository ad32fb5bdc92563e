//! What is searched.

use std::fmt::Debug;

/// Something that stands somewhere, can go on in one of several ways, and can be brought back.
///
/// It is deterministic: from one standing the same choice leads to the same standing, with the same flaws.
pub trait System {
    /// Something that can be chosen, by name: the same name means the same in every standing where it can be chosen.
    type Choice: Copy + Ord + Debug;
    /// Who does it. In one standing an actor has one choice.
    type Actor: Copy + Ord + Debug;
    /// Where the system stands, to come back to. Copies are cheap.
    type Standing;
    /// What a choice was seen to touch.
    type Touched: Conflict + Clone;
    /// Something that must not happen.
    type Flaw: Ord + Clone + Debug;
    /// What a way has come to when nothing can happen any more.
    type End: Ord + Clone + Debug;
    /// Why a search cannot go on: what it relies on does not hold.
    type Halt;

    /// What can be chosen, in an order of its own. Nothing, where nothing can happen any more.
    fn candidates(&mut self) -> Vec<Candidate<Self::Choice, Self::Actor>>;

    /// Which of `candidates` are enough here: what the others do can as well be done after one of them, whatever comes. At least
    /// one, unless there is none.
    fn enough(&mut self, candidates: &[Candidate<Self::Choice, Self::Actor>]) -> Vec<usize>;

    /// Makes a choice.
    ///
    /// # Errors
    /// [`System::Halt`] when the system has done what it does not say of itself.
    fn take(&mut self, choice: Self::Choice) -> Result<Taken<Self::Touched, Self::Flaw>, Self::Halt>;

    /// Where it stands.
    fn standing(&self) -> Self::Standing;

    /// Back to where it stood.
    fn go_back(&mut self, standing: &Self::Standing);

    /// All by which it could go on otherwise than from another standing, as one number.
    fn fingerprint(&self) -> u64;

    /// What this way has come to, where nothing can happen any more. It may go on for that: whoever asks brings it back.
    ///
    /// # Errors
    /// [`System::Halt`] as of [`Self::take`].
    fn end(&mut self) -> Result<Ended<Self::End, Self::Flaw>, Self::Halt>;

    /// A number of a choice's name that is the same on every machine.
    fn name_hash(&self, choice: Self::Choice) -> u64;
}

/// Something that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<C, A> {
    /// What.
    pub choice: C,
    /// Whose.
    pub actor: A,
}

/// What has come of a choice.
#[derive(Clone, Debug)]
pub struct Taken<T, F> {
    /// What was touched, by it and by all that followed at once.
    pub touched: T,
    /// What must not happen and did.
    pub flaws: Vec<F>,
}

/// What a way has come to.
#[derive(Clone, Debug)]
pub struct Ended<E, F> {
    /// The books.
    pub end: E,
    /// What must not be there at an end and is.
    pub flaws: Vec<F>,
}

/// Whether the order of two steps can matter.
pub trait Conflict {
    /// Whether it can.
    fn conflicts_with(&self, other: &Self) -> bool;
}
