//! The tokens of a vocabulary as a tree over their bytes, so that a grammar looks at a shared beginning once.
//!
//! The nodes lie in the order of a walk from left to right, so that a whole walk reads memory straight through.

/// A node is a string of bytes that some token begins with. Node 0 is the empty string.
pub struct Trie {
    nodes: Vec<Node>,
    /// Tokens in the order of their bytes.
    tokens: Vec<u32>,
    /// The nodes below the root, 0 where there is none.
    first: [u32; 256],
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The next node that is not below this one.
    after: u32,
    /// The tokens that end here are `tokens[token..token + here]`.
    token: u32,
    depth: u16,
    byte: u8,
    here: u8,
}

/// Longer tokens are left out; no real one is near.
const LONGEST: usize = 4096;

impl Trie {
    /// The node of the empty string.
    pub const ROOT: u32 = 0;

    /// Builds the tree; tokens without bytes are left out.
    pub fn new<'a>(tokens: impl Iterator<Item = (&'a [u8], u32)>) -> Trie {
        let mut sorted: Vec<(&[u8], u32)> =
            tokens.filter(|(bytes, _)| (1..=LONGEST).contains(&bytes.len())).collect();
        sorted.sort_unstable();
        let root = Node { after: 0, token: 0, depth: 0, byte: 0, here: 0 };
        let mut trie = Trie { nodes: vec![root], tokens: vec![], first: [0; 256] };
        // The nodes from the root to the last token.
        let mut path = vec![0];
        let mut last: &[u8] = &[];
        for (at, &(bytes, token)) in sorted.iter().enumerate() {
            trie.tokens.push(token);
            let shared = bytes.iter().zip(last).take_while(|(a, b)| a == b).count();
            trie.close(&mut path, shared);
            for (depth, &byte) in bytes.iter().enumerate().skip(shared) {
                let node = trie.nodes.len() as u32;
                if depth == 0 {
                    trie.first[usize::from(byte)] = node;
                }
                path.push(node);
                trie.nodes.push(Node { after: 0, token: at as u32, depth: depth as u16 + 1, byte, here: 0 });
            }
            if let Some(node) = path.last().and_then(|&node| trie.nodes.get_mut(node as usize)) {
                node.here = node.here.saturating_add(1);
            }
            last = bytes;
        }
        trie.close(&mut path, 0);
        trie.nodes[0].after = trie.nodes.len() as u32;
        trie
    }

    /// Walks down from a node with a state that each byte changes, and shows every node reached with its tokens.
    ///
    /// `step` gives the state after a byte, or `None` to cut the branch; `visit` gets the tokens that end at a node
    /// (often none) and says whether to go on at all. Nothing is visited for a number that is not a node.
    pub fn descend<S: Copy>(
        &self,
        node: u32,
        state: S,
        mut step: impl FnMut(S, u8) -> Option<S>,
        mut visit: impl FnMut(&[u32]) -> bool,
    ) {
        let Some(&top) = self.nodes.get(node as usize) else { return };
        // The state at each depth on the way to the current node.
        let mut states = vec![state];
        let mut at = node + 1;
        while at < top.after {
            let Node { after, token, depth, byte, here } = self.nodes[at as usize];
            let above = usize::from(depth - top.depth) - 1;
            let Some(next) = step(states[above], byte) else {
                at = after;
                continue;
            };
            states.truncate(above + 1);
            states.push(next);
            if !visit(&self.tokens[token as usize..][..usize::from(here)]) {
                return;
            }
            at += 1;
        }
    }

    /// Tokens whose bytes are exactly this node. More than one if the vocabulary has duplicates.
    pub fn tokens_at(&self, node: u32) -> &[u32] {
        let Some(node) = self.nodes.get(node as usize) else { return &[] };
        &self.tokens[node.token as usize..][..usize::from(node.here)]
    }

    /// The node one byte further, if any token goes there.
    pub fn step(&self, node: u32, byte: u8) -> Option<u32> {
        if node == Trie::ROOT {
            return Some(self.first[usize::from(byte)]).filter(|&first| first != 0);
        }
        let (mut at, end) = (node + 1, self.nodes.get(node as usize)?.after);
        while at < end {
            let below = self.nodes.get(at as usize)?;
            if below.byte == byte {
                return Some(at);
            }
            at = below.after;
        }
        None
    }

    /// The node of a string of bytes.
    pub fn walk(&self, bytes: &[u8]) -> Option<u32> {
        bytes.iter().try_fold(Trie::ROOT, |node, &byte| self.step(node, byte))
    }

    /// The token with exactly these bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        self.tokens_at(self.walk(bytes)?).first().copied()
    }

    /// The nodes below `depth` on the path have nothing more to come.
    fn close(&mut self, path: &mut Vec<u32>, depth: usize) {
        let end = self.nodes.len() as u32;
        for node in path.drain(depth + 1..) {
            self.nodes[node as usize].after = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_beginnings_are_one_node() {
        let tokens = ["to", "tea", "", "ten", "t", "i", "in", "inn", "to"];
        let trie = Trie::new(tokens.iter().enumerate().map(|(id, text)| (text.as_bytes(), id as u32)));
        for (id, text) in tokens.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let node = trie.walk(text.as_bytes()).unwrap();
            assert!(trie.tokens_at(node).contains(&(id as u32)), "{text}");
        }
        let below = |text: &str, letters: &str| {
            let mut ids = vec![];
            let step = |(), byte| letters.as_bytes().contains(&byte).then_some(());
            trie.descend(trie.walk(text.as_bytes()).unwrap(), (), step, |tokens| {
                ids.extend_from_slice(tokens);
                true
            });
            ids.sort_unstable();
            ids
        };
        assert_eq!(below("te", "an"), [1, 3]);
        assert_eq!(below("te", "axt"), [1]);
        assert_eq!(below("i", "n"), [6, 7]);
        assert_eq!(below("", "abcdefghijklmnopqrstuvwxyz"), [0, 1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(below("", "to"), [0, 4, 8]);
        assert_eq!(trie.find(b"te"), None);
        assert_eq!(trie.find(b"to"), Some(0));
        assert_eq!(trie.walk(b"x"), None);
        assert_eq!(Trie::new([].into_iter()).walk(b"a"), None);
    }
}
