//! The tokens of a vocabulary as a tree over their bytes, so that a grammar looks at a shared beginning once.

/// A node is a string of bytes that some token begins with. Node 0 is the empty string.
pub struct Trie {
    /// Sorted by byte within a node; the edges of a node stand together.
    edges: Vec<Edge>,
    nodes: Vec<Node>,
    /// Tokens in the order of their bytes: those below one node stand together.
    tokens: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    first_edge: u32,
    edges: u16,
    /// Tokens that end exactly here, then those that go on: `tokens[first..first + here]`, up to `below`.
    first_token: u32,
    here: u32,
    below: u32,
}

/// One byte further down.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub byte: u8,
    pub node: u32,
}

impl Trie {
    /// Builds the tree; tokens without bytes are left out.
    pub fn new<'a>(tokens: impl Iterator<Item = (&'a [u8], u32)>) -> Trie {
        let mut sorted: Vec<(&[u8], u32)> = tokens.filter(|(bytes, _)| !bytes.is_empty()).collect();
        sorted.sort_unstable();
        let mut trie =
            Trie { edges: vec![], nodes: vec![], tokens: sorted.iter().map(|&(_, token)| token).collect() };
        // Level by level, so that the edges of a node stand together: (range of `sorted`, depth) of each node.
        let mut ranges = vec![(0, sorted.len(), 0)];
        let mut at = 0;
        while let Some(&(from, to, depth)) = ranges.get(at) {
            at += 1;
            let here = sorted[from..to].iter().take_while(|(bytes, _)| bytes.len() == depth).count();
            let (first_edge, mut start) = (trie.edges.len(), from + here);
            while start < to {
                let byte = sorted[start].0[depth];
                let end =
                    start + sorted[start..to].iter().take_while(|(bytes, _)| bytes[depth] == byte).count();
                trie.edges.push(Edge { byte, node: ranges.len() as u32 });
                ranges.push((start, end, depth + 1));
                start = end;
            }
            trie.nodes.push(Node {
                first_edge: first_edge as u32,
                edges: (trie.edges.len() - first_edge) as u16,
                first_token: from as u32,
                here: here as u32,
                below: (to - from) as u32,
            });
        }
        trie
    }

    /// The node of the empty string.
    pub const ROOT: u32 = 0;

    /// The ways on from a node, by byte. Empty for a number that is not a node.
    pub fn edges(&self, node: u32) -> &[Edge] {
        let Some(node) = self.nodes.get(node as usize) else { return &[] };
        &self.edges[node.first_edge as usize..][..usize::from(node.edges)]
    }

    /// Tokens whose bytes are exactly this node. More than one if the vocabulary has duplicates.
    pub fn tokens_at(&self, node: u32) -> &[u32] {
        let Some(node) = self.nodes.get(node as usize) else { return &[] };
        &self.tokens[node.first_token as usize..][..node.here as usize]
    }

    /// Tokens whose bytes begin with this node, those that end here included.
    pub fn tokens_below(&self, node: u32) -> &[u32] {
        let Some(node) = self.nodes.get(node as usize) else { return &[] };
        &self.tokens[node.first_token as usize..][..node.below as usize]
    }

    /// The node one byte further, if any token goes there.
    pub fn step(&self, node: u32, byte: u8) -> Option<u32> {
        let edges = self.edges(node);
        edges.binary_search_by_key(&byte, |edge| edge.byte).ok().map(|at| edges[at].node)
    }

    /// The node of a string of bytes.
    pub fn walk(&self, bytes: &[u8]) -> Option<u32> {
        bytes.iter().try_fold(Trie::ROOT, |node, &byte| self.step(node, byte))
    }

    /// The token with exactly these bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        self.tokens_at(self.walk(bytes)?).first().copied()
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
        let below = |text: &str| {
            let mut ids = trie.tokens_below(trie.walk(text.as_bytes()).unwrap()).to_vec();
            ids.sort_unstable();
            ids
        };
        assert_eq!(below("te"), [1, 3]);
        assert_eq!(below("i"), [5, 6, 7]);
        assert_eq!(below("").len(), 8);
        assert_eq!(trie.find(b"te"), None);
        assert_eq!(trie.find(b"to"), Some(0));
        assert_eq!(trie.walk(b"x"), None);
        assert!(Trie::new([].into_iter()).edges(Trie::ROOT).is_empty());
    }
}
