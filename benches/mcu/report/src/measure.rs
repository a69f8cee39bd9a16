//! Builds and runs everything in the plan.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::image::{Image, Output, Recipe, folder};
use crate::plan::{BACKENDS, Backend, CORES, Core, PEERS, Peer, THUMBV6M};
use crate::results::{ImageSize, Measurement, PeerCost, Results};
use crate::{tools, verify};

/// Why something was not measured, from a thread.
type Failure = Box<dyn Error + Send + Sync>;

/// Measures everything, the cores beside each other. It takes a quarter of an hour.
pub(crate) fn all() -> Result<Results, Box<dyn Error>> {
    let packages = Packages { rust: metadata("image")?, sources: metadata("sources")? };
    let mut results = Results { tools: tools::versions()?, ..Results::default() };
    let measured = thread::scope(|scope| {
        let packages = &packages;
        let start = |core| scope.spawn(move || measure(core, packages));
        let threads = CORES.each_ref().map(start);
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())))
    });
    for of_core in measured {
        let of_core = of_core.map_err(|error| error.to_string())?;
        results.payments.extend(of_core.payments);
        results.parts.extend(of_core.parts);
        results.images.extend(of_core.images);
        results.peers.extend(of_core.peers);
    }
    Ok(results)
}

fn measure(core: &Core, packages: &Packages) -> Result<Results, Failure> {
    let mut results = Results::default();
    for backend in &BACKENDS {
        eprintln!("mcu: {}, {}", core.name, backend.name);
        pay(core, backend, &mut results)?;
    }
    let empty = sign(core, &[], &[], None)?;
    for peer in &PEERS {
        eprintln!("mcu: {}, {} signs", core.name, peer.name);
        results.peers.push(peer_cost(core, peer, &empty, packages)?);
    }
    Ok(results)
}

fn pay(core: &Core, backend: &Backend, results: &mut Results) -> Result<(), Failure> {
    let build = |program| {
        let Backend { features, settings, .. } = *backend;
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
    results.parts.extend(measured(build("parts")?.run(core)?));
    Ok(())
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

fn peer_cost(
    core: &Core,
    peer: &Peer,
    empty: &Image,
    packages: &Packages,
) -> Result<PeerCost, Failure> {
    let (version, source) = packages.find(peer)?;
    let image = sign(core, peer.features, peer.settings, Some(&source))?;
    let output = image.run(core)?;
    verify::signature(peer.curve, &output).map_err(|error| format!("{}: {error}", peer.name))?;
    let cost = |wanted: &str| {
        let mut measured = output.measured.iter();
        let found = measured.find(|(_, part, _)| part == wanted);
        found.map(|(_, _, cost)| *cost).ok_or_else(|| format!("{} measures no {wanted}", peer.name))
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

/// What cargo has fetched and checked for the manifests of the images, and of the C sources.
struct Packages {
    rust: Value,
    sources: Value,
}

fn metadata(folder_name: &str) -> Result<Value, Box<dyn Error>> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1", "--locked", "-q"]);
    let output = command.current_dir(folder().join(folder_name)).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Packages {
    /// Version and folder of the package that a peer comes from.
    fn find(&self, peer: &Peer) -> Result<(String, PathBuf), Failure> {
        let packages = if peer.is_c_source { &self.sources } else { &self.rust };
        let mut packages = packages["packages"].as_array().into_iter().flatten();
        let package = packages.find(|package| package["name"] == peer.package);
        let package = package.ok_or_else(|| format!("there is no package {}", peer.package))?;
        let text = |member: &str| package[member].as_str().unwrap_or_default();
        let folder = Path::new(text("manifest_path")).parent().ok_or("a manifest in a folder")?;
        Ok((text("version").to_owned(), folder.to_owned()))
    }
}
