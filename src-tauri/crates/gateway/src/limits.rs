//! Limits: how often and how much at once a client key or an agent may be asked, and for how much money.
//!
//! A limit that is looked at and written down in two steps lets everything through that arrives in between.
//! So each of them is taken in one step and given back when the call ends: places on a [`Leash`], and
//! reservations of [`Accounts`], which must be in the ledger before the upstream request leaves. Rates are
//! counted in memory and begin anew with the process; money is counted in the ledger and does not.

mod accounts;
mod estimate;
mod nearing;
mod rates;
mod span;
mod tab;
mod tokens;

pub(crate) use accounts::{Accounts, Scope};
pub(crate) use rates::{Count, Leash, Place, Standing};
pub(crate) use span::{begin_of, end_of};
pub(crate) use tab::{Demand, Tab};
