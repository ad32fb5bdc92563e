//! Which function is whose: what kind of function an owner of pages is, and which VHCA id means which vport.
//!
//! * `function_type` - the type of an owner, by whatever names it
//! * `type_map` - from VHCA id to vport and function type
//! * `known` - types that were learnt, kept with the pages

mod function_type;
mod known;
mod type_map;

pub(crate) use function_type::function_type;
pub(crate) use known::forget_type;
pub(crate) use type_map::{ask_types, map, unmap, walked};
