//! The one integration binary: each topic a module.

mod screens;
