import type { Catalogue } from '../../catalogue'
import type { search as en } from '../en/search'

export const search: Catalogue<typeof en> = {
  title: '검색',
  label: '대화와 페이지 검색',
  placeholder: '나눈 말이나 페이지 찾기',
  results: '검색 결과',
  recent: '최근 대화',
  conversations: '대화',
  messages: '메시지',
  actions: '이동',
  you: '나',
  agent: '에이전트',
  system: '알림',
  create: '새 대화',
  signOut: '로그아웃',
  searching: '찾는 중…',
  further: '더 이전까지 찾기',
  searchingFurther: '더 이전을 찾는 중…',
  reached: '최근에 나눈 말에서는 찾지 못했습니다. 더 오래된 메시지는 아직 찾아보지 않았습니다.',
  nothing: (query: string) => `“${query}”에 대한 결과가 없습니다.`,
  failed: '나눈 말을 찾지 못했습니다.',
  again: '다시 시도',
  count: (results: number) => `결과 ${results}개`,
  keys: '화살표로 고르고 Enter로 열고 Esc로 닫습니다',
}
