import { Anchor, Button, Menu, type ButtonProps, type MenuItemProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

/** Mantine components as router links: `<TextLink {...paths.records('contacts')}>`. */
export const TextLink = createLink(Anchor<'a'>);
/** A link that looks like a button, so that it can open in a new tab. */
export const ButtonLink = createLink((props: ButtonProps & ComponentProps<'a'>) => (
  <Button component="a" {...props} />
));
export const MenuLink = createLink((props: MenuItemProps & ComponentProps<'a'>) => (
  <Menu.Item component="a" {...props} />
));
