//! The client against recordings of the real gateway, against the scripted one, and, where it is
//! installed, against the real one.

mod binary;
mod faults;
mod real;
mod recordings;
mod replay;
mod runs;
mod support;
