import type { Catalogue } from '../../catalogue'
import type { conversations as en } from '../en/conversations'

export const conversations: Catalogue<typeof en> = {
  menu: (title: string) => `${title} 대화 메뉴`,
  rename: '이름 바꾸기',
  renameTitle: '대화 이름 바꾸기',
  title: '제목',
  titleEmpty: '제목을 한 글자 이상 입력해 주세요.',
  titleTooLong: (count: number, limit: number) => `제목이 ${count}자입니다. ${limit}자까지 쓸 수 있습니다.`,
  delete: '삭제',
  deleteTitle: (title: string) => `“${title}” 대화를 삭제할까요?`,
  deleteAction: '대화 삭제',
  deleteGoes: '이 대화에서 나눈 내용이 모든 기기에서 사라지며 되돌릴 수 없습니다.',
  deleteStays: '에이전트가 이 대화에서 배운 것과 작업 공간의 파일은 그대로 남습니다. 잊어 달라고 에이전트에게 부탁할 수 있어요.',
  waits: '이 대화에 답을 기다리는 메시지가 있습니다. 멈추거나 답이 온 뒤에 대화를 삭제해 주세요.',
}
