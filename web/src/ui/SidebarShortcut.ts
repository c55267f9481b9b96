/** The keys that open the search, as this machine's keyboard has them. */

const isApple = globalThis.navigator && /Mac|iPhone|iPad/.test(navigator.userAgent)

export const shortcut = isApple ? { label: '⌘ K', keys: 'Meta+K' } : { label: 'Ctrl K', keys: 'Control+K' }

type Keys = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'>

export const isShortcut = ({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }: Keys): boolean =>
  key.toLowerCase() === 'k' && (isApple ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey && !isComposing
