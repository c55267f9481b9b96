import type { Catalogue } from '../../catalogue'
import type { telegram as en } from '../en/telegram'

export const telegram: Catalogue<typeof en> = {
  loading: '연결된 계정이 있는지 보는 중…',

  intro: {
    title: '텔레그램에서 에이전트와 이야기하기',
    about: '같은 기억을 가진 같은 에이전트입니다. 봇과의 개인 채팅과 이 페이지의 첫 대화가 하나가 됩니다.',
    points: [
      '휴대전화에서 쓰고 여기서 이어 읽거나, 그 반대로 할 수 있습니다.',
      '사진, 파일, 음성 메시지, 위치를 각각 20 MB까지 이해합니다.',
      '그룹에서는 봇을 언급하면 답합니다. 주제마다 대화가 따로 있고 여기 목록에 나타납니다.',
    ],
    ask: '코드 받기',
    asked: (time: string) => `이미 받은 코드를 ${time}까지 쓸 수 있습니다. 코드가 없다면 새로 받아 주세요. 그러면 새 코드만 쓸 수 있습니다.`,
    noBot: '이 서버에는 텔레그램 봇이 없어 연결할 수 없습니다. 운영자가 봇을 설정할 수 있습니다.',
  },

  code: {
    title: '계정 연결하기',
    about: (bot: string) => `연결할 계정에서 @${bot}에게 이 코드를 보내 주세요. 한 번만 쓸 수 있습니다.`,
    aboutNameless: '연결할 계정에서 봇에게 이 코드를 보내 주세요. 한 번만 쓸 수 있습니다.',
    label: '코드',
    copy: '복사',
    copied: '복사됨',
    left: (minutes: number, seconds: number) => `${minutes}:${String(seconds).padStart(2, '0')} 동안 쓸 수 있음`,
    waiting: '연결되면 이 페이지가 저절로 알아차립니다.',
    open: '텔레그램 열기',
    or: '이 기기에서',
    qrTitle: '휴대전화로',
    qr: (bot: string) => `텔레그램에서 @${bot} 봇을 코드와 함께 여는 QR 코드`,
    qrHow: '카메라로 비춘 다음 텔레그램에서 시작을 누르세요.',
    openHow: '코드가 채워져 있습니다. 거기서 시작을 누르세요.',
    byHand: '직접 입력',
    find: (bot: string) => `텔레그램에서 @${bot} 봇을 찾습니다.`,
    findNameless: '텔레그램에서 봇과의 개인 채팅을 엽니다.',
    send: (command: string) => `개인 채팅에서 ${command} 명령을 보냅니다.`,
    expired: '이 코드는 만료되어 아무도 쓸 수 없습니다.',
    another: '새 코드 받기',
    cancel: '나중에',
    tries: '틀린 코드에는 모두 같은 답이 오며, 다섯 번 틀리면 한 시간 동안 봇이 더 듣지 않습니다.',
  },

  linked: {
    announce: (name: string) => `${name} 계정과 연결되었습니다.`,
    title: '텔레그램 계정이 연결되어 있습니다',
    about: '거기서 쓰는 것과 여기서 쓰는 것이 한 에이전트와의 한 대화입니다.',
    account: '계정',
    id: (id: number) => `텔레그램 번호 ${id}`,
    since: '연결한 때',
    unlink: '연결 끊기…',
    whereTitle: '무엇이 어디에 보이나요',
    where: [
      { place: '개인 채팅', what: '이 페이지의 첫 대화입니다. 페이지에서 한 말은 인용문으로, 답변과 함께 거기에도 보입니다.' },
      { place: '주제와 그룹', what: '봇에게 말하는 사람마다 대화가 따로 있습니다. 내 대화는 이 페이지의 목록에 있습니다.' },
      { place: '/new', what: '보낸 채팅에서 새 대화를 시작합니다. 이전 대화는 목록에 남습니다.' },
      { place: '연결하기 전', what: '봇에게 한 말도 연결되어 있는 동안 목록에 나타납니다.' },
    ],
  },

  unlink: {
    title: (name: string) => `${name} 계정의 연결을 끊을까요?`,
    body: [
      '봇이 더 이상 나를 알아보지 못합니다. 거기에 쓰는 말은 내 에이전트에게 닿지 않고, 이 페이지의 내용도 거기에 보이지 않습니다.',
      '나눈 이야기는 사라지지 않습니다. 양쪽에서 한 말은 모두 이 페이지에 남고, 텔레그램의 채팅은 텔레그램에 남습니다. 연결하기 전에 봇에게 한 말은 다시 거기서 찾을 수 있습니다.',
      '받아 둔 코드는 모두 쓸 수 없게 됩니다. 언제든 다시 연결할 수 있습니다.',
    ],
    action: '연결 끊기',
    done: '연결을 끊었습니다. 나눈 이야기는 사라지지 않았습니다.',
  },
}
