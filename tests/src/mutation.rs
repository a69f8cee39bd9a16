//! Damage by a seeded generator: the same seed, the same damage.

/// Pseudo-random numbers (xorshift64*): for damage, never for keys.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// `seed` must not be zero.
    pub fn new(seed: u64) -> Self {
        assert_ne!(seed, 0);
        Dice(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        number as usize % bound
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}

/// What JSON and HTTP are made of: damage with these gets deeper than random bytes do.
const TELLING: &[u8] = b"{}[]\",:\\ 0129-eE.truefalsn\r\n;=/+u";

/// Damages a text in one to three places.
pub fn mutate(text: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        if text.is_empty() {
            return;
        }
        let at = dice.below(text.len());
        match dice.below(6) {
            0 => text[at] = dice.byte(),
            1 => text[at] = TELLING[dice.below(TELLING.len())],
            2 => text.insert(at, TELLING[dice.below(TELLING.len())]),
            3 => drop(text.remove(at)),
            4 => text.truncate(at),
            _ => repeat(text, at, dice),
        }
    }
}

/// Damaged copies of these texts, after one of each as it is; reproducible by the seed.
pub fn damaged(texts: &[String], times: usize, seed: u64) -> impl Iterator<Item = Vec<u8>> {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    (0..times).map(move |index| {
        let mut text = texts[index % texts.len()].clone().into_bytes();
        if index >= texts.len() {
            mutate(&mut text, &mut dice);
        }
        text
    })
}

/// Copies a stretch to another place.
fn repeat(text: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let end = text.len().min(at + 1 + dice.below(60));
    let stretch = text[at..end].to_vec();
    let to = dice.below(text.len());
    text.splice(to..to, stretch);
}
