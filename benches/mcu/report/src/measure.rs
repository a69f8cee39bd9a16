//! Builds and runs everything in the plan.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::image::{Image, Output, Recipe, folder};
use crate::plan::{BACKENDS, Backend, CORES, Core, PEERS, Peer};
use crate::results::{ImageSize, Measurement, PeerCost, Results};
use crate::{tools, verify};

/// Measures everything. It takes a quarter of an hour.
pub(crate) fn all() -> Result<Results, Box<dyn Error>> {
    let sources = Packages::of("sources")?;
    let rust = Packages::of("image")?;
    let mut results = Results {
        tools: tools::versions()?,
        payments: Vec::new(),
        parts: Vec::new(),
        images: Vec::new(),
        peers: Vec::new(),
    };
    for core in &CORES {
        for backend in &BACKENDS {
            eprintln!("mcu: {}, {}", core.name, backend.name);
            measure(core, backend, &mut results)?;
        }
        let empty = sign(core, &[], &[], None)?;
        for peer in &PEERS {
            eprintln!("mcu: {}, {} signs", core.name, peer.name);
            let packages = if peer.is_c_source { &sources } else { &rust };
            results.peers.push(peer_cost(core, peer, &empty, packages)?);
        }
    }
    Ok(results)
}

fn measure(core: &Core, backend: &Backend, results: &mut Results) -> Result<(), Box<dyn Error>> {
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
    for program in ["payment", "settled"] {
        let image = build(program)?;
        let output = image.run(core)?;
        verify::paid_requests(&output)?;
        results.images.push(image_size(core, backend, program, &image, &empty));
        if program == "payment" {
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
) -> Result<Image, Box<dyn Error>> {
    Recipe { core, program: "sign", features, settings, source }.build()
}

fn peer_cost(
    core: &Core,
    peer: &Peer,
    empty: &Image,
    packages: &Packages,
) -> Result<PeerCost, Box<dyn Error>> {
    let (version, source) = packages.find(peer.package)?;
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

/// The packages that a manifest depends on: cargo has fetched and checked them.
struct Packages(Value);

impl Packages {
    fn of(name: &str) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--format-version", "1", "--locked", "-q"]);
        let output = command.current_dir(folder().join(name)).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(Packages(serde_json::from_slice(&output.stdout)?))
    }

    /// Version and folder.
    fn find(&self, name: &str) -> Result<(String, PathBuf), Box<dyn Error>> {
        let packages = self.0["packages"].as_array().into_iter().flatten();
        let package = packages.into_iter().find(|package| package["name"] == name);
        let package = package.ok_or_else(|| format!("there is no package {name}"))?;
        let text = |member: &str| package[member].as_str().unwrap_or_default();
        let folder = Path::new(text("manifest_path")).parent().ok_or("a manifest in a folder")?;
        Ok((text("version").to_owned(), folder.to_owned()))
    }
}
