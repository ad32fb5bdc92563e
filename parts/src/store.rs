//! Where a part has its value: shared with its copies, or its own.

use crate::canonical::Digest;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// A place for a value.
pub trait Store<T>: Clone {
    /// A place for this value.
    fn new(value: T) -> Self;

    /// The value.
    fn get(&self) -> &T;

    /// The value, to change.
    fn get_mut(&mut self) -> &mut T;

    /// Hashes the value.
    fn hash_value<H: Hasher>(&self, state: &mut H)
    where
        T: Hash;
}

/// A value that copies share until one of them changes it. Its hash is known until then.
pub struct Shared<T>(Arc<Inner<T>>);

struct Inner<T> {
    value: T,
    /// Of the value, once somebody has asked for it.
    digest: OnceLock<Digest>,
}

impl<T: Clone> Clone for Inner<T> {
    /// A copy to be changed: its digest would not be true for long.
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            digest: OnceLock::new(),
        }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Store<T> for Shared<T> {
    fn new(value: T) -> Self {
        let digest = OnceLock::new();
        Self(Arc::new(Inner { value, digest }))
    }

    #[inline]
    fn get(&self) -> &T {
        &self.0.value
    }

    #[inline]
    fn get_mut(&mut self) -> &mut T {
        let inner = Arc::make_mut(&mut self.0);
        inner.digest.take();
        &mut inner.value
    }

    fn hash_value<H: Hasher>(&self, state: &mut H)
    where
        T: Hash,
    {
        self.0
            .digest
            .get_or_init(|| Digest::of(&self.0.value))
            .hash(state);
    }
}

/// A value that every copy has for itself: one that is made of parts, and in which notes are left.
#[derive(Clone)]
pub struct Own<T>(T);

impl<T: Clone> Store<T> for Own<T> {
    fn new(value: T) -> Self {
        Self(value)
    }

    #[inline]
    fn get(&self) -> &T {
        &self.0
    }

    #[inline]
    fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    fn hash_value<H: Hasher>(&self, state: &mut H)
    where
        T: Hash,
    {
        self.0.hash(state);
    }
}
