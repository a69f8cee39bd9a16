//! Builds and runs everything in the plan.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::image::{Image, Output, Recipe, folder};
use crate::plan::{BACKENDS, Backend, CORES, Core, PEERS, Peer, THUMBV6M};
use crate::results::{ImageSize, Measurement, PeerCost, Results, Spread};
use crate::{tools, verify};

/// Why something was not measured, from a thread.
type Failure = Box<dyn Error + Send + Sync>;

/// Measures everything whose `CORE/pay/BACKEND` or `CORE/sign/PEER` contains one of the words, the
/// cores beside each other; keeps the rest as it is `stored`. Without words, all of it is measured.
pub(crate) fn matching(words: &[String], stored: Results) -> Result<Results, Box<dyn Error>> {
    let tools = tools::versions()?;
    if !words.is_empty() && !stored.tools.is_empty() && stored.tools != tools {
        return Err("what is stored was measured by other tools: measure all of it".into());
    }
    let plan = Plan { words, stored, rust: metadata("image")?, sources: metadata("sources")? };
    let mut results = Results { tools, ..Results::default() };
    let measured = thread::scope(|scope| {
        let plan = &plan;
        let threads = CORES.each_ref().map(|core| scope.spawn(move || plan.measure(core)));
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())))
    });
    for of_core in measured {
        results.append(of_core.map_err(|error| error.to_string())?);
    }
    Ok(results)
}

/// What is to be measured, and what it takes besides.
struct Plan<'p> {
    words: &'p [String],
    stored: Results,
    /// What cargo has fetched and checked for the images.
    rust: Value,
    /// The same for sources in C.
    sources: Value,
}

impl Plan<'_> {
    fn measure(&self, core: &Core) -> Result<Results, Failure> {
        let mut results = Results::default();
        for backend in &BACKENDS {
            if self.has(core, "pay", backend.name) {
                pay(core, backend, &mut results)?;
            } else {
                results.append(self.stored.of_backend(core.name, backend.name));
            }
        }
        let mut empty = None;
        for peer in &PEERS {
            if !self.has(core, "sign", peer.name) {
                results.peers.extend(self.stored.peer(core.name, peer.name).cloned());
                continue;
            }
            let empty = match &mut empty {
                Some(empty) => empty,
                None => empty.insert(sign(core, &[], &[], None)?),
            };
            results.peers.push(self.peer_cost(core, peer, empty)?);
        }
        Ok(results)
    }

    /// Whether it is to be measured; says so.
    fn has(&self, core: &Core, what: &str, name: &str) -> bool {
        let name = format!("{}/{what}/{name}", core.name);
        let is_wanted = self.words.is_empty() || self.words.iter().any(|word| name.contains(word));
        if is_wanted {
            eprintln!("mcu: {name}");
        }
        is_wanted
    }

    fn peer_cost(&self, core: &Core, peer: &Peer, empty: &Image) -> Result<PeerCost, Failure> {
        let (version, source) = self.package(peer)?;
        let source = peer.is_c_source.then_some(&*source);
        let image = sign(core, peer.features, peer.settings, source)?;
        let output = image.run(core)?;
        verify::signature(peer.curve, &output)
            .map_err(|error| format!("{}: {error}", peer.name))?;
        let cost = |wanted: &str| {
            let mut measured = output.measured.iter();
            let found = measured.find(|(_, part, _)| part == wanted);
            found
                .map(|(_, _, cost)| *cost)
                .ok_or_else(|| format!("{} measures no {wanted}", peer.name))
        };
        Ok(PeerCost {
            core: core.name.to_owned(),
            peer: peer.name.to_owned(),
            curve: peer.curve.name().to_owned(),
            package: format!("{} {version}", peer.package),
            optimisation: peer.optimisation.to_owned(),
            key_pair: cost("key-pair")?.instructions,
            sign: cost("sign")?,
            flash: image.flash.saturating_sub(empty.flash),
        })
    }

    /// Version and folder of the package that a peer comes from.
    fn package(&self, peer: &Peer) -> Result<(String, PathBuf), Failure> {
        let packages = if peer.is_c_source { &self.sources } else { &self.rust };
        let mut packages = packages["packages"].as_array().into_iter().flatten();
        let package = packages.find(|package| package["name"] == peer.package);
        let package = package.ok_or_else(|| format!("there is no package {}", peer.package))?;
        let text = |member: &str| package[member].as_str().unwrap_or_default();
        let folder = Path::new(text("manifest_path")).parent().ok_or("a manifest in a folder")?;
        Ok((text("version").to_owned(), folder.to_owned()))
    }
}

fn pay(core: &Core, backend: &Backend, results: &mut Results) -> Result<(), Failure> {
    let build = |program| {
        let Backend { features, .. } = *backend;
        let settings = &[core.settings, backend.settings].concat();
        Recipe { core, program, features, settings, source: None }.build()
    };
    let measured = |output: Output| {
        output.measured.into_iter().map(|(scenario, part, cost)| Measurement {
            core: core.name.to_owned(),
            backend: backend.name.to_owned(),
            scenario,
            part,
            cost,
        })
    };
    let empty = build("empty")?;
    // How much more the receipt takes is told once: building takes its time.
    let programs: &[_] = if core.name == THUMBV6M { &["payment", "settled"] } else { &["payment"] };
    for program in programs {
        let image = build(program)?;
        let output = image.run(core)?;
        verify::paid_requests(&output)?;
        results.images.push(image_size(core, backend, program, &image, &empty));
        if *program == "payment" {
            results.payments.extend(measured(output));
        }
    }
    let parts = measured(build("parts")?.run(core)?);
    let (nonces, parts): (Vec<_>, Vec<_>) = parts.partition(|one| one.scenario == "secrets");
    let nonces = spread(core, backend, &nonces)?;
    verify::tells_nothing(core, backend, &nonces)?;
    results.nonces.push(nonces);
    results.parts.extend(parts);
    Ok(())
}

fn spread(core: &Core, backend: &Backend, nonces: &[Measurement]) -> Result<Spread, Failure> {
    let instructions = || nonces.iter().map(|one| one.cost.instructions);
    let (fewest, most) = instructions().min().zip(instructions().max()).ok_or("no nonces")?;
    Ok(Spread { core: core.name.to_owned(), backend: backend.name.to_owned(), fewest, most })
}

fn image_size(
    core: &Core,
    backend: &Backend,
    program: &str,
    image: &Image,
    empty: &Image,
) -> ImageSize {
    let net = |(owner, size): (&String, &u64)| {
        let size = size.saturating_sub(empty.symbols.get(owner).copied().unwrap_or(0));
        (owner.clone(), size)
    };
    let mut symbols: Vec<_> = image.symbols.iter().map(net).collect();
    let flash = image.flash.saturating_sub(empty.flash);
    let named: u64 = symbols.iter().map(|(_, size)| size).sum();
    symbols.push(("constants without a name, and padding".to_owned(), flash.saturating_sub(named)));
    symbols.retain(|(_, size)| *size > 0);
    symbols.sort_by(|(one, size), (other, other_size)| other_size.cmp(size).then(one.cmp(other)));
    ImageSize {
        core: core.name.to_owned(),
        backend: backend.name.to_owned(),
        program: program.to_owned(),
        flash,
        ram: image.ram.saturating_sub(empty.ram),
        symbols,
    }
}

fn sign(
    core: &Core,
    features: &[&str],
    settings: &[&str],
    source: Option<&Path>,
) -> Result<Image, Failure> {
    Recipe { core, program: "sign", features, settings, source }.build()
}

fn metadata(folder_name: &str) -> Result<Value, Box<dyn Error>> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1", "--all-features", "--locked", "-q"]);
    let output = command.current_dir(folder().join(folder_name)).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
