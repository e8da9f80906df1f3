//! The suite in memory: no socket, no process, no real clock.

mod emission;
mod ending;
mod fan_out;
mod first_events;
mod leaks;
mod properties;
mod reading;
mod readme;
mod resume;
mod slices;
mod slow_readers;
mod tags;
mod tracing;
mod trouble;
