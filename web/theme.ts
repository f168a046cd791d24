import {
  createTheme,
  type AlertFactory,
  type AnchorFactory,
  type BadgeFactory,
  type ButtonFactory,
  type CSSVariablesResolver,
  type DrawerFactory,
  type ExtendComponent,
  type FactoryPayload,
  type InputFactory,
  type InputWrapperFactory,
  type MantineColorsTuple,
  type MantineThemeComponent,
  type MenuFactory,
  type ModalFactory,
  type SegmentedControlFactory,
  type TableFactory,
  type TooltipFactory,
} from '@mantine/core';

/** The accent colour. White text on shade 7, and shade 3 on dark backgrounds, meet WCAG AA. */
const harbour: MantineColorsTuple = [
  '#eef7fa',
  '#dcebf0',
  '#b6d6e0',
  '#8cc0d0',
  '#64a8bd',
  '#3f8ea6',
  '#247891',
  '#14596f',
  '#104a5d',
  '#0a3645',
];

/** Greys tinted with the accent, light to dark. */
const gray: MantineColorsTuple = [
  '#f8f9fa',
  '#f1f3f4',
  '#e6e9eb',
  '#d8dcdf',
  '#c0c6ca',
  '#9aa2a8',
  '#68727a',
  '#4a535a',
  '#2e353a',
  '#171b1e',
];

/** The same for dark mode, text to background. */
const dark: MantineColorsTuple = [
  '#dfe3e6',
  '#b9c0c5',
  '#98a1a8',
  '#69737a',
  '#3a4248',
  '#2c3338',
  '#22282c',
  '#191d20',
  '#131618',
  '#0d0f11',
];

/** The height of controls on desktop: 32 px. */
const CONTROL = '2rem';

/**
 * What the theme changes about a component, as `Component.extend` of Mantine has it. By its type alone: a page without
 * tables or dialogs does not load them.
 */
function changes<Factory extends FactoryPayload>(own: ExtendComponent<Factory>): MantineThemeComponent {
  return own as MantineThemeComponent;
}

export const theme = createTheme({
  colors: { harbour, gray, dark },
  primaryColor: 'harbour',
  primaryShade: { light: 7, dark: 6 },
  black: '#171b1e',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.125rem', lineHeight: '1.4' },
      h2: { fontSize: '0.875rem', lineHeight: '1.4' },
      h3: { fontSize: '0.8125rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'sm',
  radius: { xs: '0.25rem', sm: '0.375rem', md: '0.5rem', lg: '0.75rem' },
  cursorType: 'pointer',
  autoContrast: false,
  respectReducedMotion: true,
  components: {
    // Links inherit the text size.
    Anchor: changes<AnchorFactory>({ defaultProps: { inherit: true } }),
    Alert: changes<AlertFactory>({
      defaultProps: { variant: 'light', p: 'sm' },
      // Only the icon is coloured, so that the text has full contrast.
      styles: {
        root: { backgroundColor: 'var(--ground-side)', border: '1px solid var(--line)' },
        title: { color: 'var(--mantine-color-text)' },
      },
    }),
    Badge: changes<BadgeFactory>({
      defaultProps: { variant: 'light', radius: 'xs', tt: 'none', fw: 500, size: 'md' },
    }),
    Button: changes<ButtonFactory>({
      defaultProps: { size: 'sm' },
      vars: (_theme, { size }) => ({
        root: size === 'sm' ? { '--button-height': CONTROL, '--button-padding-x': '0.75rem' } : {},
      }),
      styles: { label: { fontWeight: 500 } },
    }),
    Drawer: changes<DrawerFactory>({
      defaultProps: { position: 'right', size: '28rem', overlayProps: { backgroundOpacity: 0.35 } },
      styles: { title: { fontWeight: 600 } },
    }),
    Input: changes<InputFactory>({
      vars: (_theme, { size = 'sm' }) => ({
        wrapper: size === 'sm' ? { '--input-height': CONTROL, '--input-size': CONTROL } : {},
      }),
    }),
    InputWrapper: changes<InputWrapperFactory>({
      styles: {
        label: { fontWeight: 500, marginBottom: '0.25rem' },
        description: { fontSize: '0.75rem', lineHeight: 1.4, marginBottom: '0.375rem' },
      },
    }),
    Menu: changes<MenuFactory>({ defaultProps: { shadow: 'md', position: 'bottom-end' } }),
    Modal: changes<ModalFactory>({
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } },
      styles: { title: { fontWeight: 600 } },
    }),
    SegmentedControl: changes<SegmentedControlFactory>({
      styles: { root: { backgroundColor: 'var(--ground-hover)' } },
    }),
    Table: changes<TableFactory>({ defaultProps: { verticalSpacing: 'xs' } }),
    Tooltip: changes<TooltipFactory>({ defaultProps: { openDelay: 400, fz: 'xs' } }),
  },
});

/** Background and line colours that Mantine does not define. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--ground': '#ffffff',
    '--ground-side': 'var(--mantine-color-gray-0)',
    '--ground-hover': 'var(--mantine-color-gray-1)',
    '--line': 'var(--mantine-color-gray-2)',
    '--mantine-color-dimmed': 'var(--mantine-color-gray-6)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-6)',
    '--mantine-color-error': '#b3261e',
  },
  dark: {
    '--ground': 'var(--mantine-color-dark-8)',
    '--ground-side': 'var(--mantine-color-dark-9)',
    '--ground-hover': 'var(--mantine-color-dark-7)',
    '--line': 'var(--mantine-color-dark-6)',
    '--mantine-color-body': 'var(--mantine-color-dark-8)',
    '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-2)',
    '--mantine-color-error': '#ff8f86',
    '--mantine-color-anchor': 'var(--mantine-color-harbour-3)',
  },
});
