// The tree side of the renderer. Markdown brings HTML in one way only, as `html` nodes, and those become the text they are.

interface Node {
  type: string;
  value?: string;
  children?: Node[];
}

function walk(node: Node, visit: (child: Node, parent: Node, index: number) => void): void {
  node.children?.forEach((child, index) => {
    visit(child, node, index);
    walk(child, visit);
  });
}

/** Remark plugin: raw HTML is shown, never made. */
export function htmlAsText() {
  return (tree: Node) => {
    walk(tree, (node, parent) => {
      if (node.type !== "html") return;
      const inline = parent.type === "paragraph" || parent.type === "heading" || parent.type === "tableCell";
      if (inline || parent.type === "emphasis" || parent.type === "strong" || parent.type === "link") {
        node.type = "text";
        return;
      }
      // a block of HTML: a paragraph of its own text
      const value = node.value ?? "";
      node.type = "paragraph";
      node.children = [{ type: "text", value }];
      delete node.value;
    });
  };
}
