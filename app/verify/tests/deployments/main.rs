//! Deployments in memory, healthy and with faults: what the checks say of what they left, and what a run collects of them.

mod collecting;
mod deployment;
mod faults;
mod invocation;
mod planted;
mod world;
