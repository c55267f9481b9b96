import type { Catalogue } from '../../catalogue'
import type { account as en } from '../en/account'

export const account: Catalogue<typeof en> = {
  label: '계정',
  everywhere: '모든 기기에서 로그아웃',
  everywhereTitle: '모든 기기에서 로그아웃할까요?',
  everywhereAction: '모두 로그아웃',
  everywhereEnds: '이 기기를 포함해 로그인된 모든 브라우저와 기기에서 다시 로그인해야 합니다. 몇 분 뒤에 알아차리는 기기도 있습니다.',
  everywhereStays: '삭제되는 것은 없습니다. 에이전트가 하던 일은 계속되고, 텔레그램과 예약도 그대로 동작합니다.',
  losesTitle: (unsent: number) => `보내지 않은 메시지 ${unsent}개를 두고 로그아웃할까요?`,
  losesAction: '그래도 로그아웃',
  stay: '로그인 유지',
  loses: (unsent: number) => `아직 보내지 않은 메시지가 ${unsent}개 있습니다. 이 브라우저에만 있으며, 로그아웃하면 삭제됩니다.`,
}
