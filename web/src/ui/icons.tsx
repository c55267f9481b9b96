/** The few drawings of this page. All are decoration: the control around one carries the name. */
interface IconProps {
  className?: string | undefined
}

const stroke = {
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.8,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  'aria-hidden': true,
} as const

/** The claw: two arcs that almost close. */
export const Mark = ({ className }: IconProps) => (
  <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
    <path d="M16 28C8.5 28 4 22.6 4 16.2 4 9.4 9 4.2 15.4 4c-4 3-5.6 6.4-5 9.6.7 3.7 3.6 5.6 7.2 5.4 3.4-.2 5.6-2.4 6-5.6l-4.8 1.4c2.2-4.3 5-7.2 8.4-8.8 1 2.6 1.4 5.2 1.2 8C28 22.4 23.2 28 16 28Z" fill="currentColor" />
  </svg>
)

export const SendIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />
  </svg>
)

export const StopIcon = (props: IconProps) => (
  <svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" {...props}>
    <rect x="6.5" y="6.5" width="11" height="11" rx="2.5" />
  </svg>
)

export const MenuIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4 8h16M4 16h10" />
  </svg>
)

export const PlusIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M12 5v14M5 12h14" />
  </svg>
)

export const CloseIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="m6 6 12 12M18 6 6 18" />
  </svg>
)

export const CopyIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <rect x="9" y="9" width="11" height="11" rx="2.5" />
    <path d="M5.5 15H5a1.5 1.5 0 0 1-1.5-1.500V5A1.5 1.5 0 0 1 5 3.500h8.500A1.5 1.5 0 0 1 15 5v.500" />
  </svg>
)

export const CheckIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="m5 12.5 4.5 4.500L19 7.5" />
  </svg>
)

export const AttachIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="m19 11.500-7.300 7.300a4.600 4.600 0 0 1-6.500-6.500l7.800-7.800a3 3 0 0 1 4.300 4.300l-7.700 7.700a1.500 1.500 0 0 1-2.100-2.100l6.900-6.900" />
  </svg>
)

export const FileIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M13.500 4H7.500A1.500 1.500 0 0 0 6 5.500v13A1.500 1.500 0 0 0 7.500 20h9a1.500 1.500 0 0 0 1.500-1.500V8.500ZM13.500 4v4.500H18" />
  </svg>
)

export const RetryIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4 12a8 8 0 1 1 2.3 5.600M4 18.500V13.500h5" />
  </svg>
)

export const DownIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M12 5v14M5.5 12.5 12 19l6.5-6.5" />
  </svg>
)

export const LeaveIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M14 4.500H6.500A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.500H14M10 12h10M16.5 8.5 20 12l-3.5 3.5" />
  </svg>
)

export const ToolIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M14.5 6.500a4 4 0 0 1 5-3.900l-2.3 2.3.300 2 2 .3 2.3-2.300a4 4 0 0 1-5.3 4.700L8 18.100A2 2 0 1 1 5.2 15.300L13.8 6.7" transform="translate(-.800 1)" />
  </svg>
)

export const SettingsIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </svg>
)

export const SearchIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4 4" />
  </svg>
)

export const MoreIcon = (props: IconProps) => (
  <svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" {...props}>
    <circle cx="5.5" cy="12" r="1.6" />
    <circle cx="12" cy="12" r="1.6" />
    <circle cx="18.5" cy="12" r="1.6" />
  </svg>
)

export const PenIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4.500 19.500l.9-3.900L15.8 5.200a2.100 2.100 0 0 1 3 3L8.400 18.600ZM13.800 7.200l3 3" />
  </svg>
)

export const BinIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4.500 7h15M9.500 7V4.500h5V7M6.500 7l.8 12.500h9.400L17.500 7M10.500 11v5M13.500 11v5" />
  </svg>
)

export const PlaneIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M20 4.500 3.500 11l5.500 2.200M20 4.500l-3 14.500-8-5.800M20 4.500 9 13.200v5.300l2.900-3.200" />
  </svg>
)

export const ClockIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.500V12l3 2" />
  </svg>
)

export const DevicesIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4 15.500V7a1.500 1.500 0 0 1 1.500-1.500h11A1.500 1.500 0 0 1 18 7v1.500M2.500 18.500h10" />
    <rect x="15" y="11" width="6" height="8.500" rx="1.500" />
  </svg>
)

export const UploadIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M12 15V4.500M7.5 8.500 12 4l4.500 4.500M5 15.500V18a1.500 1.500 0 0 0 1.500 1.500h11A1.500 1.500 0 0 0 19 18v-2.500" />
  </svg>
)

export const DownloadIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M12 4v10.500M7.5 10.500 12 15l4.500-4.500M5 15.500V18a1.500 1.500 0 0 0 1.500 1.500h11A1.500 1.500 0 0 0 19 18v-2.500" />
  </svg>
)

export const FolderIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M4 7.500A1.500 1.500 0 0 1 5.500 6h4L11.500 8.500h7A1.500 1.500 0 0 1 20 10v7.500a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500Z" />
  </svg>
)

export const PictureIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <rect x="4" y="5" width="16" height="14" rx="1.500" />
    <path d="m4.500 17.500 5-5 4 4 2.500-2.500 3.500 3.500" />
    <circle cx="15" cy="9.500" r="1.250" />
  </svg>
)

export const LinkIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M10 14a3.500 3.500 0 0 0 5 0l3-3a3.500 3.500 0 0 0-5-5l-1 1M14 10a3.500 3.500 0 0 0-5 0l-3 3a3.500 3.500 0 0 0 5 5l1-1" />
  </svg>
)

export const MemoryIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <path d="M6.500 4.500h11V20L12 16.500 6.500 20Z" />
  </svg>
)

export const LockIcon = (props: IconProps) => (
  <svg {...stroke} {...props}>
    <rect x="5" y="10.500" width="14" height="9" rx="2.500" />
    <path d="M8.500 10.500V8a3.500 3.500 0 0 1 7 0v2.500" />
  </svg>
)
