import { Outlet } from '@tanstack/react-router';
import icon from '../icon.svg';
import classes from './signed-out-layout.module.css';

/** The layout of the signed-out pages: one narrow column. */
export function OutsideLayout() {
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <img src={icon} width={26} height={26} alt="" />
          Fairlead
        </div>
        <Outlet />
      </div>
    </main>
  );
}
