//! `instructions` names the wires; `instructions WIRE translate|encode TIMES` does the work so many times and
//! prints by how many units a time is to be divided. To be run where instructions are counted
//! (`scripts/instructions.sh`): two runs that differ in TIMES alone tell what one time costs.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people")]

#[path = "../benches/support/mod.rs"]
mod support;

use std::hint::black_box;

use domain::Wire;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wire, work, times] = arguments.as_slice() else {
        for wire in Wire::ALL {
            println!("{}", wire.as_str());
        }
        return;
    };
    let wire = *Wire::ALL.iter().find(|known| known.as_str() == wire).unwrap();
    let times: u32 = times.parse().unwrap();
    let units = match work.as_str() {
        "translate" => {
            let stream = support::stream(wire);
            let mut out = Vec::new();
            for _ in 0..times {
                out.clear();
                support::translate(wire, black_box(&stream), &mut out);
                black_box(&out);
            }
            stream.chunks
        }
        "encode" => {
            let request = support::conversation();
            for _ in 0..times {
                black_box(support::encode(wire, black_box(&request)));
            }
            1
        }
        other => panic!("{other} is neither translate nor encode"),
    };
    println!("{units}");
}
