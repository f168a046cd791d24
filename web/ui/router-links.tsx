import { Anchor, Button, Menu } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** Mantine's pieces as links of the router: `<TextLink {...paths.contacts()}>`. */
export const TextLink = createLink(Anchor<'a'>);
export const ButtonLink = createLink(Button<'a'>);
export const MenuLink = createLink(Menu.Item<'a'>);
