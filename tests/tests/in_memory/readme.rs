//! README's table of variables is the program's own.

use sse_streaming::config::VARIABLES;
use std::path::Path;

const BEGIN: &str = "rewrites it -->\n";
const END: &str = "<!-- /variables -->";

#[test]
fn readme_lists_every_variable_as_the_program_reads_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("readable");
    let (before, rest) = readme.split_once(BEGIN).expect("the table's begin");
    let (table, after) = rest.split_once(END).expect("the table's end");
    let row = |v: &sse_streaming::config::Variable| {
        let cell = |text: &str| text.replace('|', "\\|");
        format!("| `{}` | {} | {} | {} |\n", v.name, cell(&v.default()), cell(&v.range()), cell(v.help))
    };
    let rows: String = VARIABLES.iter().map(row).collect();
    let expected = format!("| variable | default | values | what it is |\n|---|---|---|---|\n{rows}");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("writable");
        return;
    }
    assert_eq!(table, expected, "README.md differs from the program: see the comment above its table");
}
