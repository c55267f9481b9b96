// Telegram as the people in it see it. The server knows everything; here is who looks, and where.
import { element, link, rich } from '/telegram/rich.js'

const $ = (id) => document.getElementById(id)
const CONTROL = '/local/telegram'
const KINDS = [
  ['Photo', () => pick('image/*', (given) => ({ photo: given }))],
  ['File', () => pick('', (given) => ({ document: given }))],
  ['Voice message', () => pick('audio/*', (given) => ({ voice: given }))],
  ['Location', askLocation],
  ['Contact', askContact],
]

/** What was seen last: `hub` is everything in short, `chat` the one that is open. */
let hub
let chat
const here = {
  person: Number(localStorage.getItem('person')) || undefined,
  open: undefined,
  thread: undefined,
  reply: undefined,
  edit: undefined,
  /** Groups, topics and people that were made here and have said nothing yet. */
  groups: new Map(),
  topics: new Map(),
  people: new Map([[100, { id: 100, first_name: 'Ana', username: 'ana_local' }]]),
}

// --- the server ---

async function ask(path, method = 'GET', body) {
  const answer = await fetch(CONTROL + path, { method, body: body && JSON.stringify(body) })
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text)
  let message = text
  try {
    message = JSON.parse(text).message
  } catch {}
  throw Object.assign(new Error(message), { status: answer.status })
}

async function load() {
  hub = await ask('')
  for (const person of hub.people) here.people.set(person.id, person)
  if (!here.people.has(here.person)) here.person = here.people.keys().next().value
  const known = hub.chats.some((one) => one.id === here.open)
  chat = known ? await ask(`/chats/${here.open}`) : undefined
  show()
}

async function watch() {
  for (;;) {
    try {
      const { version } = await ask(`/changes?after=${hub?.version ?? 0}`)
      if (version !== hub?.version) await load()
    } catch {
      $('status').textContent = 'The local stack does not answer. Trying again…'
      $('status').className = 'bad'
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
  }
}

// --- who and where ---

const me = () => here.people.get(here.person)
const nameOf = (person) => [person.first_name, person.last_name].filter(Boolean).join(' ')
const isPrivate = () => here.open > 0
const group = (id) => hub.chats.find((one) => one.id === id) ?? here.groups.get(id)

function titleOf(id) {
  return id > 0 ? hub.name : (group(id)?.title ?? 'Group')
}

function topicsOf(id) {
  const known = new Map((group(id)?.topics ?? []).map((topic) => [topic.id, topic.name]))
  return new Map([...known, ...(here.topics.get(id) ?? [])])
}

function open(id, thread) {
  Object.assign(here, { open: id, thread, reply: undefined, edit: undefined })
  chat = undefined
  $('app').classList.add('open')
  $('trouble').hidden = true
  closeMenus()
  load().then(() => matchMedia('(hover: hover)').matches && $('field').focus())
}

/** Of a person or a group; the bot, which is met in every private chat, has one colour. */
function avatar(node, name, seed) {
  const words = name.split(/\s+/).filter(Boolean)
  node.textContent = (words[0]?.[0] ?? '?') + (words[1]?.[0] ?? '')
  node.style.setProperty('--hue', name === hub.name ? '205' : String(Math.abs(seed * 47) % 360))
  return node
}

// --- what is on screen ---

function show() {
  showPeople()
  showChats()
  showStatus()
  showChat()
}

function showPeople() {
  const options = [...here.people.values()].map((person) => element('option', { value: person.id, selected: person.id === here.person }, nameOf(person)))
  $('person').replaceChildren(...options, element('option', { value: 'new' }, 'Somebody new…'))
  $('person').value = String(here.person)
  avatar($('me-avatar'), nameOf(me()), here.person)
}

function showChats() {
  const groups = new Map([...here.groups, ...hub.chats.filter((one) => one.id < 0).map((one) => [one.id, one])])
  const own = hub.chats.find((one) => one.id === here.person) ?? { id: here.person }
  const rows = [own, ...groups.values()].filter((one) => !one.movedTo)
  rows.sort((a, b) => (b.last?.date ?? '').localeCompare(a.last?.date ?? ''))
  $('chats').replaceChildren(...rows.map(chatRow))
}

function chatRow(one) {
  const title = titleOf(one.id)
  const last = one.last
  const busy = one.draft || one.typing
  const said = last ? `${one.id < 0 ? `${last.from.name}: ` : last.from.id === here.person ? 'You: ' : ''}${gist(last)}` : 'No messages yet'
  const row = element(
    'button',
    { type: 'button' },
    avatar(element('span', { class: 'avatar', 'aria-hidden': 'true' }), title, one.id),
    element('span', { class: 'name' }, title),
    element('time', {}, last ? time(last.date) : ''),
    element('span', { class: busy ? 'last busy' : 'last' }, busy ? 'typing…' : said),
  )
  row.addEventListener('click', () => open(one.id, undefined))
  return element('li', { 'aria-current': one.id === here.open ? 'true' : undefined }, row)
}

function showStatus() {
  const { url, pending_update_count: pending, last_error_message: error } = hub.webhook
  const count = pending === 1 ? '1 update is' : `${pending} updates are`
  const bad = !url || (pending > 0 && error)
  $('status').className = bad ? 'bad' : ''
  const state = !url ? 'No webhook is set.' : pending === 0 ? 'Every update was taken.' : `${count} waiting. ${error ?? ''}`
  $('status').textContent = `@${hub.username}, simulated here. ${state}`
}

function showChat() {
  const nothing = here.open === undefined
  $('composer').hidden = nothing
  $('chat-avatar').hidden = nothing
  $('start').hidden = true
  const start = deepLink()
  if (nothing) {
    $('chat-title').textContent = ''
    $('chat-state').textContent = ''
    $('block').hidden = true
    $('topics').hidden = true
    $('messages').replaceChildren(empty('Choose a chat', 'Talk with the bot as one of the people on the left would.'))
    return
  }
  const title = titleOf(here.open)
  $('chat-title').textContent = title
  avatar($('chat-avatar'), title, here.open)
  const busy = chat?.typing || chat?.draft
  $('chat-state').textContent = busy ? 'typing…' : chat?.movedTo ? 'This group has moved' : isPrivate() ? 'bot' : 'group'
  $('chat-state').className = busy ? 'busy' : ''
  $('block').hidden = !chat
  $('block').textContent = blockWord()
  showTopics()
  showMessages()
  showContext()
  const begins = isPrivate() && (start !== undefined || !chat?.messages.length)
  $('start').hidden = !begins || chat?.blocked
  $('start').textContent = start === undefined || start === '' ? 'Start' : 'Start and link this account'
  $('composer').hidden = !$('start').hidden || Boolean(chat?.blocked || chat?.movedTo)
}

function blockWord() {
  if (isPrivate()) return chat?.blocked ? 'Unblock' : 'Block'
  return chat?.blocked ? 'Add the bot' : 'Remove the bot'
}

function showTopics() {
  const topics = topicsOf(here.open)
  const has = !isPrivate()
  $('topics').hidden = !has && topics.size === 0
  const tab = (id, name) => {
    const made = element('button', { type: 'button', 'aria-current': here.thread === id ? 'true' : undefined }, name)
    made.addEventListener('click', () => {
      Object.assign(here, { thread: id, reply: undefined, edit: undefined })
      show()
    })
    return made
  }
  const more = element('button', { type: 'button' }, '+ Topic')
  more.addEventListener('click', newTopic)
  $('topics').replaceChildren(tab(undefined, 'General'), ...[...topics].map(([id, name]) => tab(id, name)), more)
}

function showMessages() {
  const scroll = $('scroll')
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80
  const place = `${here.open}/${here.thread}`
  const shown = (chat?.messages ?? []).filter((message) => (message.thread ?? undefined) === here.thread)
  const rows = []
  let before
  for (const message of shown) {
    if (!before || day(before.date) !== day(message.date)) {
      rows.push(element('li', { class: 'day' }, day(message.date)))
      before = undefined
    }
    rows.push(messageRow(message, before))
    before = message
  }
  const draft = chat?.draft && (chat.draft.thread ?? undefined) === here.thread ? chat.draft : undefined
  if (draft) rows.push(draftRow(draft))
  if (rows.length === 0) rows.push(hello())
  $('messages').replaceChildren(...rows)
  if (atEnd || scroll.dataset.place !== place) scroll.scrollTop = scroll.scrollHeight
  scroll.dataset.place = place
  expire(Math.min(draft?.expiresInMs ?? Infinity, chat?.typingEndsInMs ?? Infinity))
}

/** A draft and "typing" end without anybody saying so. */
let expiry
function expire(ms) {
  clearTimeout(expiry)
  if (ms !== Infinity) expiry = setTimeout(load, ms / hub.speed + 50)
}

function hello() {
  return isPrivate()
    ? empty('What can this bot do?', 'It is your OpenClaw agent. Press Start to say hello.')
    : empty('No messages here yet', `In a group, mention @${hub.username} or answer it.`)
}

function empty(title, text) {
  return element('li', { class: 'empty' }, element('h2', {}, title), element('p', {}, text))
}

// --- a message ---

function messageRow(message, before) {
  if (message.kind === 'service') return element('li', { class: 'service' }, gist(message))
  const mine = message.from.id === here.person
  const together = message.media_group_id !== undefined && before?.media_group_id === message.media_group_id
  const next = before?.from.id === message.from.id && before.kind !== 'service'
  const bubble = element('div', { class: isWide(message) ? 'bubble wide' : 'bubble', tabindex: '-1' })
  if (!mine && !isPrivate() && !next) {
    const from = element('div', { class: 'from' }, message.from.name)
    from.style.setProperty('--hue', String(Math.abs(message.from.id * 47) % 360))
    bubble.append(from)
  }
  if (message.replyTo) bubble.append(quote(message.replyTo))
  bubble.append(...body(message))
  bubble.append(element('time', { class: 'meta', datetime: message.date }, `${message.edited ? 'edited ' : ''}${time(message.date)}`))
  const acts = element('div', { class: 'acts' }, act('Reply', () => setContext({ reply: message })))
  if (mine && message.kind === 'text') acts.append(act('Edit', () => setContext({ edit: message })))
  const names = [mine && 'mine', next && 'next', together && 'together'].filter(Boolean).join(' ')
  return element('li', { class: names, id: `message-${message.id}` }, bubble, acts)
}

function act(name, does) {
  const made = element('button', { type: 'button' }, name)
  made.addEventListener('click', does)
  return made
}

function isWide(message) {
  return message.format === 'markdown' && /\|.*\|\n|```/.test(message.text)
}

function quote(id) {
  const answered = chat.messages.find((message) => message.id === id)
  const made = element('button', { type: 'button', class: 'quote' }, element('b', {}, answered?.from.name ?? 'Deleted'), element('span', {}, answered ? gist(answered) : '…'))
  made.addEventListener('click', () => {
    const row = $(`message-${id}`)
    row?.scrollIntoView({ block: 'center', behavior: 'smooth' })
    row?.classList.remove('flash')
    requestAnimationFrame(() => row?.classList.add('flash'))
  })
  return made
}

function body(message) {
  if (message.format === 'markdown') return [rich(message.text)]
  const thing = things[message.kind]?.(message)
  const words = message.text === '' ? [] : [marked(message.text, message.entities ?? message.caption_entities ?? [])]
  return thing ? [thing, ...words] : words
}

const things = {
  photo(message) {
    const size = message.photo.at(-1)
    const image = element('img', { class: 'photo', src: `${CONTROL}/files/${size.file_id}`, alt: 'Photo', width: size.width, height: size.height })
    image.style.aspectRatio = `${size.width} / ${size.height}`
    image.addEventListener('error', () => image.replaceWith(file('jpg', 'Photo', sizeOf(size.file_size))))
    return image
  },
  document(message) {
    const { file_id: id, file_name: name, file_size: size } = message.document
    return file(name.split('.').at(-1).slice(0, 4), name, sizeOf(size), `${CONTROL}/files/${id}`)
  },
  voice(message) {
    return file(icon('M8 5l11 7-11 7z'), 'Voice message', `${message.voice.duration} s, ${sizeOf(message.voice.file_size)}`, `${CONTROL}/files/${message.voice.file_id}`)
  },
  location(message) {
    const { latitude, longitude } = message.location
    return file(icon('M12 21s-6.500-5.700-6.500-11a6.500 6.500 0 0 1 13 0c0 5.300-6.500 11-6.500 11z M12 8v4'), 'Location', `${latitude}, ${longitude}`)
  },
  contact(message) {
    const { phone_number: phone } = message.contact
    return file(icon('M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4.500 20.500c.8-4 3.700-6 7.500-6s6.700 2 7.500 6'), nameOf(message.contact), phone)
  },
}

function file(sign, name, detail, href) {
  const inside = [element('i', { 'aria-hidden': 'true' }, sign), element('span', {}, element('b', {}, name), element('small', {}, detail))]
  return href ? element('a', { class: 'thing', href, download: name }, ...inside) : element('div', { class: 'thing' }, ...inside)
}

function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  svg.setAttribute('viewBox', '0 0 24 24')
  line.setAttribute('d', path)
  svg.append(line)
  return svg
}

function draftRow(draft) {
  const bubble = element('div', { class: isWide(draft) ? 'bubble wide' : 'bubble' })
  if (draft.text === '') bubble.append(element('span', { class: 'thinking dots' }, 'Thinking'))
  else bubble.append(...body(draft))
  const words = bubble.querySelector('.words:last-child, .rich > :last-child')
  words?.classList.add('caret')
  const row = element('li', { class: 'draft' }, bubble)
  if (draft.canStop) {
    const stop = element('button', { type: 'button', class: 'stop' }, 'Stop')
    stop.addEventListener('click', () => attempt(ask(`/chats/${here.open}/stop`, 'POST', {})))
    row.append(stop)
  }
  return row
}

const ENTITIES = {
  bold: () => element('b'),
  italic: () => element('i'),
  underline: () => element('u'),
  strikethrough: () => element('s'),
  spoiler: () => element('span', { class: 'spoiler', tabindex: '0' }),
  code: () => element('code'),
  pre: (entity) => element('pre', { 'data-language': entity.language }),
  blockquote: () => element('blockquote'),
  expandable_blockquote: () => element('blockquote'),
  text_link: (entity) => link(entity.url),
  url: (_, text) => link(text),
  bot_command: (_, text) => command(text),
}

function command(text) {
  const made = act('', () => say({ text }))
  made.className = 'command'
  return made
}

/** Entities lie within each other or apart, at places counted as JavaScript counts. */
function marked(text, entities) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length)
  const fill = (into, from, to, inside) => {
    while (inside.length > 0) {
      const [entity, ...rest] = inside
      const end = Math.min(entity.offset + entity.length, to)
      const within = rest.filter((one) => one.offset < end)
      const own = text.slice(entity.offset, end)
      const node = ENTITIES[entity.type]?.(entity, own) ?? element('span')
      into.append(text.slice(from, entity.offset), fill(node, entity.offset, end, within))
      // A block ends its own line.
      from = /^(PRE|BLOCKQUOTE)$/.test(node.tagName) && text[end] === '\n' ? end + 1 : end
      inside = rest.filter((one) => one.offset >= end)
    }
    into.append(text.slice(from, to))
    return into
  }
  return fill(element('div', { class: 'words' }), 0, text.length, sorted)
}

function gist(message) {
  if (message.migrate_to_chat_id) return 'The group became a supergroup'
  if (message.migrate_from_chat_id) return 'This was a group before'
  const names = { photo: 'Photo', voice: 'Voice message', location: 'Location', contact: 'Contact', document: message.document?.file_name }
  const text = message.text.replace(/[*_`#>|]+/g, '').replace(/\s+/g, ' ').trim()
  return [names[message.kind], text].filter(Boolean).join(', ').slice(0, 120) || 'Message'
}

const time = (iso) => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
const day = (iso) => new Date(iso).toLocaleDateString([], { day: 'numeric', month: 'long' })

function sizeOf(bytes) {
  const units = ['B', 'KB', 'MB', 'GB']
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3)
  return `${Math.round((bytes / 1024 ** step) * 10) / 10} ${units[step]}`
}

// --- speaking ---

async function attempt(promise) {
  try {
    $('trouble').hidden = true
    return await promise
  } catch (error) {
    $('trouble').textContent = error.message
    $('trouble').hidden = false
    return undefined
  }
}

async function say(content) {
  const topic = here.thread !== undefined ? { thread: here.thread, topic: topicsOf(here.open).get(here.thread) } : {}
  const reply = here.reply ? { reply_to: here.reply.id } : {}
  const edit = here.edit ? { edit: here.edit.id } : {}
  const title = isPrivate() ? {} : { title: titleOf(here.open) }
  const said = { from: me(), ...title, ...topic, ...reply, ...edit, ...content }
  const done = await attempt(ask(`/chats/${here.open}/messages`, 'POST', said))
  if (!done) return false
  here.groups.delete(here.open)
  setContext({})
  $('scroll').dataset.place = ''
  await load()
  return true
}

function setContext({ reply, edit }) {
  const left = here.edit && !edit
  Object.assign(here, { reply, edit })
  if (edit) $('field').value = edit.text
  else if (left) $('field').value = ''
  showContext()
  grow()
  if (reply || edit) $('field').focus()
}

function showContext() {
  const about = here.edit ?? here.reply
  $('context').hidden = !about
  if (about) $('context').firstElementChild.replaceChildren(element('b', {}, here.edit ? 'Edit ' : `Reply to ${about.from.name} `), gist(about))
}

function grow() {
  const field = $('field')
  field.style.height = ''
  if (field.value !== '') field.style.height = `${field.scrollHeight}px`
}

async function submit() {
  const text = $('field').value
  if (text.trim() === '') return
  $('field').value = ''
  grow()
  closeMenus()
  if (!(await say({ text }))) $('field').value = text
}

/** What `?start=` in the address says, until it is said. */
function deepLink() {
  return new URLSearchParams(location.search).get('start') ?? undefined
}

async function start() {
  const code = deepLink()
  if (code !== undefined) history.replaceState(null, '', location.pathname)
  await say({ text: code ? `/start ${code}` : '/start' })
}

function pick(accept, wrap) {
  const input = $('file')
  input.accept = accept
  input.value = ''
  input.onchange = async () => {
    const [chosen] = input.files
    if (!chosen) return
    const given = await attempt(givenFrom(chosen))
    const caption = $('field').value.trim()
    if (given && (await say({ ...wrap(given), ...(caption ? { caption } : {}) }))) $('field').value = ''
  }
  input.click()
}

async function givenFrom(chosen) {
  const bytes = new Uint8Array(await chosen.arrayBuffer())
  const parts = []
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)))
  const given = { name: chosen.name, mime: chosen.type || 'application/octet-stream', base64: btoa(parts.join('')) }
  if (!chosen.type.startsWith('image/')) return given
  const image = await createImageBitmap(chosen).catch(() => undefined)
  return image ? { ...given, width: image.width, height: image.height } : given
}

async function askLocation() {
  const found = await form('Send a location', 'Send', [['latitude', 'Latitude', '52.5163'], ['longitude', 'Longitude', '13.3777']])
  if (found) await say({ location: { latitude: Number(found.latitude), longitude: Number(found.longitude) } })
}

async function askContact() {
  const found = await form('Send a contact', 'Send', [['first_name', 'Name', ''], ['phone_number', 'Phone number', '+49 30 1234567']])
  if (found) await say({ contact: found })
}

async function newTopic() {
  const found = await form('New topic', 'Create', [['name', 'Name', '']])
  if (!found) return
  const topics = here.topics.get(here.open) ?? new Map()
  const id = Math.max(1, ...topicsOf(here.open).keys()) + 1
  here.topics.set(here.open, topics.set(id, found.name))
  here.thread = id
  show()
}

async function newGroup() {
  const found = await form('New group with the bot', 'Create', [['title', 'Name', '']])
  if (!found) return
  const id = -1_000_000_000_000 - Math.floor(Math.random() * 1e9) - 1
  here.groups.set(id, { id, title: found.title, topics: [] })
  open(id, undefined)
}

async function newPerson() {
  const found = await form('Somebody new', 'Continue', [['name', 'Name', ''], ['id', 'Telegram id', String(100 + here.people.size * 100)]])
  if (!found) return false
  const id = Number(found.id)
  if (!Number.isSafeInteger(id) || id <= 0) return false
  const [first, ...rest] = found.name.trim().split(/\s+/)
  const last = rest.length > 0 ? { last_name: rest.join(' ') } : {}
  here.people.set(id, { id, first_name: first, ...last })
  become(id)
  return true
}

function become(id) {
  here.person = id
  localStorage.setItem('person', String(id))
  if (here.open === undefined || here.open > 0) open(id, undefined)
  else load()
}

/** A question in a dialog: what was answered, or nothing. */
function form(title, yes, fields) {
  const dialog = $('ask')
  dialog.querySelector('h2').textContent = title
  dialog.querySelector('.primary').textContent = yes
  dialog.querySelector('.fields').replaceChildren(
    ...fields.map(([name, label, value]) => element('label', {}, label, element('input', { name, value, required: true, autocomplete: 'off' }))),
  )
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const given = Object.fromEntries([...dialog.querySelectorAll('input')].map((input) => [input.name, input.value]))
      resolve(dialog.returnValue === 'yes' ? given : undefined)
    }
  })
}

// --- the menus ---

function closeMenus() {
  for (const [menu, button] of [['commands', 'menu'], ['kinds', 'attach']]) {
    $(menu).hidden = true
    $(button).setAttribute('aria-expanded', 'false')
  }
}

function toggle(menu, button) {
  const opens = $(menu).hidden
  closeMenus()
  $(menu).hidden = !opens
  $(button).setAttribute('aria-expanded', String(opens))
  if (opens) $(menu).querySelector('button')?.focus()
}

function showCommands(prefix) {
  const fitting = hub.commands.filter(({ command }) => `/${command}`.startsWith(prefix))
  const rows = fitting.map(({ command, description }) => {
    const text = isPrivate() ? `/${command}` : `/${command}@${hub.username}`
    const row = element('button', { type: 'button' }, element('b', {}, `/${command}`), element('span', {}, description))
    row.addEventListener('click', () => {
      $('field').value = ''
      closeMenus()
      say({ text })
    })
    return element('li', {}, row)
  })
  const none = element('li', { class: 'none' }, 'The bot has no commands like this.')
  $('commands').replaceChildren(...(rows.length > 0 ? rows : [none]))
  return rows.length > 0
}

$('kinds').replaceChildren(
  ...KINDS.map(([name, does]) => element('li', {}, act(name, () => {
    closeMenus()
    does()
  }))),
)
$('menu').addEventListener('click', () => {
  showCommands('/')
  toggle('commands', 'menu')
})
$('attach').addEventListener('click', () => toggle('kinds', 'attach'))
$('back').addEventListener('click', () => {
  here.open = undefined
  $('app').classList.remove('open')
  show()
})
$('start').addEventListener('click', start)
$('new-group').addEventListener('click', newGroup)
$('ask').querySelector('[value=no]').addEventListener('click', () => $('ask').close())
$('context').querySelector('button').addEventListener('click', () => setContext({}))
$('block').addEventListener('click', () => attempt(ask(`/chats/${here.open}`, 'PUT', { blocked: !chat.blocked })))
$('person').addEventListener('change', async () => {
  if ($('person').value !== 'new') become(Number($('person').value))
  else if (!(await newPerson())) show()
})
$('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  submit()
})
$('field').addEventListener('input', () => {
  grow()
  const typed = $('field').value
  const fits = /^\/\w*$/.test(typed) && showCommands(typed)
  $('commands').hidden = !fits
})
$('field').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    submit()
  }
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  closeMenus()
  setContext({})
})
document.addEventListener('click', (event) => {
  if (!event.target.closest('#commands, #kinds, #menu, #attach, #field')) closeMenus()
})

await load()
if (deepLink() !== undefined || matchMedia('(min-width: 761px)').matches) open(here.person, undefined)
watch()
