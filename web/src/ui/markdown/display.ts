/** Tells the formulas that stand by themselves from those in the line: by their marks, as `formulas.ts` wrote them. */

interface Node {
  type: string
  position?: { start: { offset?: number } }
  data?: { hProperties?: { className?: string[] } }
  children?: Node[]
}

export function remarkDisplay() {
  return (tree: Node, { value }: { value: unknown }) => mark(tree, String(value))
}

function mark(node: Node, source: string): void {
  if (node.type === 'inlineMath' && !source.startsWith('$$$', node.position?.start.offset)) {
    node.data?.hProperties?.className?.push('math-display')
  }
  for (const child of node.children ?? []) mark(child, source)
}
