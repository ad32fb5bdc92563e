//! Tests of the silicon as a whole, by topic.

mod acts;
mod commands;
mod conflicts;
mod events;
mod function_resets;
mod functions;
mod gate;
mod haste;
mod hosts;
mod init_question;
mod interrupts;
mod lifecycle;
mod link;
mod page_use;
mod pages;
mod port;
mod portions;
mod properties;
mod reading_back;
mod registers;
mod rules;
mod takes;
mod two_hosts;
mod versions;
