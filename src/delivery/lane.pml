/*
 * The lane protocol, small enough for spin to visit all of its states.
 * Terms: states.md. Run and mutated by test/delivery/lane-model.test.ts.
 *
 * How to read Promela:
 *   active [2] proctype p()   two processes of that type; spin tries every interleaving of their steps
 *   a -> b                    wait until a is true, then do b
 *   if :: a -> … :: b -> … fi one of the branches whose condition is true, each is tried; `else`: if none is
 *   do :: … :: … od           the same, repeated forever
 *   atomic { }, d_step { }    one step without interleaving: one SQL statement, or one action in memory
 *   { … } unless { c -> … }   left between any two steps as soon as c is true
 *   end…:                     a label where waiting forever is correct
 *
 * Time is relative: NOW, some ticks later, or NEVER, and `clock` lets a tick pass at any time. A lease has no
 * length: it can run out only if its holder died, or was paused past its own deadline. Other delays need no step
 * of their own, since every interleaving is tried.
 *
 * -D settings: DELIVERIES (1–3), FAULTS (how often a worker dies, is paused, loses an answer, or stops
 * normally), PUBLISHER_DIES (a publisher may die between commit and wake), NO_SWEEP. The other -D names remove one
 * rule each, so that the model can be seen to fail: see "the rules".
 */
#ifndef DELIVERIES
#define DELIVERIES 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define RETRIES 1
#define NOW 0
#define NEVER 9               /* 'infinity' on a lane; on a queue row: the row does not exist */
#define least(a, b) (a < b -> a : b)

/* ---- what is stored: one lane and its rows of the queue ---- */
typedef Lane { byte due = NEVER; byte wake; byte token; bool leased }       /* leased: lease_until > now */
typedef Row { byte due_at = NEVER; byte attempt }                           /* attempt: the number of attempts made */
Lane lane;
Row queue[3];
#define due(d) (queue[d].due_at == NOW)
#define earliest least(queue[0].due_at, least(queue[1].due_at, queue[2].due_at))

/* ---- a worker's memory, as far as other processes of this model read it ---- */
bool holds[2];                /* it believes that it holds the lane */
bool late[2];                 /* its own monotonic deadline, less the margin, is past */
bool killed[2];               /* it dies before its next step */
byte next[2] = NEVER;         /* the due time with which it is about to release the lane */
#define ME (_pid + 1)         /* its token. Unique enough: it forgets an old one before it claims again */

/* ---- read only by the properties ---- */
byte faults = FAULTS;         /* remaining */
bool failed;                  /* a worker died, was paused or lost an answer */
byte sent[3], settled[3];     /* a bit for each attempt */
byte gone;                    /* deliveries that have left the queue */
#define bit(n) (1 << (n))
#define ALL 255

/* P1: nothing due sleeps forever: every delivery ends. It holds without any assumption of fairness, since no run
   of this model has a cycle. P2 to P7 are the assertions below. */
ltl nothing_sleeps { <> (gone == DELIVERIES) }

/* ---- the rules, each with the name that removes it ---- */
#ifdef CLAIM_WITHOUT_RECHECK
#define STILL_CLAIMABLE true
#else
#define STILL_CLAIMABLE (lane.due == NOW && !lane.leased)
#endif
#ifdef RELEASE_IGNORES_WAKE
#define NOT_WOKEN_SINCE true
#else
#define NOT_WOKEN_SINCE (lane.wake == seen)
#endif
#ifdef PUBLISHER_SKIPS_DUE_LANE
#define WAKES_IT (lane.due != NOW)
#else
#define WAKES_IT true
#endif
#ifdef SETTLE_WITHOUT_TOKEN
#define TOKEN_FENCE true
#else
#define TOKEN_FENCE (lane.token == ME)
#endif
#ifdef SETTLE_WITHOUT_ATTEMPT
#define ATTEMPT_FENCE (queue[d].due_at != NEVER)
#else
#define ATTEMPT_FENCE (queue[d].due_at != NEVER && queue[d].attempt == as_read[d])
#endif
#ifdef SEND_PAST_DEADLINE
#define IN_TIME true
#else
#define IN_TIME (!late[_pid])
#endif

inline vanish(d) {            /* a delivery leaves the queue */
  assert(sent[d] != 0);       /* P3: at least once: it leaves only after it was sent */
  queue[d].due_at = NEVER; queue[d].attempt = 0; gone++;
  sent[d] = ALL; settled[d] = ALL
}

/* ---- workers ---- */
#define NONE 0
#define READ 1                /* read from the queue */
#define CLEARED 2             /* the deadline was checked: the POST is about to start */
#define SENT 3                /* the POST was made; its outcome is known, not settled */
#define SETTLING 4            /* the settle has checked the token, and has yet to change rows */
#define nothing_in_flight (flight[0] + flight[1] + flight[2] == NONE)
#define nothing_out (flight[0] <= READ && flight[1] <= READ && flight[2] <= READ)
#ifdef READ_IGNORES_FLIGHT
#define unread(d) due(d)
#else
#define unread(d) (due(d) && flight[d] == NONE)
#endif
#define can_go_on(d) (flight[d] > READ || (flight[d] == READ && holds[_pid] && IN_TIME))

inline forget_lane() { holds[_pid] = false; late[_pid] = false; next[_pid] = NEVER; seen = 0 }
inline drop_unsent() {
  for (d : 0 .. 2) { if :: flight[d] == READ -> flight[d] = NONE; as_read[d] = 0 :: else fi }
  d = 0
}

active [2] proctype worker() {
  byte flight[3], as_read[3]; /* deliveries in flight, and the attempt number of each when read */
  byte seen;                  /* `wake`, as the last read returned it */
  byte d;
end_idle:
  {
    /* select … from lane where due <= now and lease_until <= now: a plain read, which may be stale when used */
    lane.due == NOW && !lane.leased;
    /* update lane set token = $fresh, lease_until = now + L, takeovers = takeovers + (token is not null)::int
       where due <= now and lease_until <= now.  `due` does not change. */
    atomic {
      if
      :: STILL_CLAIMABLE ->
        assert(lane.token == 0 || failed);              /* P7: a takeover means that a holder failed */
        lane.token = ME; lane.leased = true; holds[_pid] = true; late[_pid] = false;
#ifdef CLAIM_CLEARS_DUE
        lane.due = NEVER;
#endif
      :: else                 /* 0 rows: another worker was faster */
      fi
    }
#ifdef DEADLINE_AFTER_ANSWER
    late[_pid] = false;
#endif
hold:
    do
    /* Renewal: update lane set lease_until = now + L where token = $mine.
       One before the deadline changes nothing here, and is left out. */
    :: atomic { holds[_pid] && late[_pid] ->
        if
        :: lane.token == ME -> lane.leased = true; late[_pid] = false
        :: else -> forget_lane(); drop_unsent()        /* lost: what was not sent yet is not sent */
        fi
      }

    /* A read: select token = $mine, wake, queue.* from lane left join queue on due_at <= now …, one snapshot. What
       is in flight already is skipped. A read that finds nothing while something is in flight is left out. */
    :: atomic { holds[_pid] && (nothing_in_flight || unread(0) || unread(1) || unread(2)) ->
        if
        :: lane.token == ME ->
          seen = lane.wake;
          for (d : 0 .. 2) { if :: unread(d) -> flight[d] = READ; as_read[d] = queue[d].attempt :: else fi }
#ifdef DELETE_ON_READ
          for (d : 0 .. 2) { if :: flight[d] == READ -> vanish(d) :: else fi }
#endif
          d = 0
        :: else -> forget_lane(); drop_unsent()
        fi;
        if :: holds[_pid] && nothing_in_flight :: else -> goto hold fi
      }
release:
      /* Nothing due, nothing in flight: update lane set token = null, lease_until = '-infinity', takeovers = 0,
         due = (select min(due_at) from queue) where token = $mine and wake = $seen.
         Two steps: the subselect sees the queue at the start of the statement; the row is checked and changed
         when it is locked. */
      next[_pid] = earliest;
#ifdef WAKE_SEEN_AFTER_READ
      seen = lane.wake;
#endif
      atomic {
        if
        :: lane.token == ME && NOT_WOKEN_SINCE ->
          lane.token = 0; lane.leased = false; lane.due = next[_pid]; forget_lane()
        :: lane.token == ME && !(NOT_WOKEN_SINCE) -> next[_pid] = NEVER         /* 0 rows: read again */
        :: else -> forget_lane()                                                     /* 0 rows: lost */
        fi
      }

    /* A normal stop, or a rest of the breaker: a release with work left.
       select wake from lane where token = $mine, and a release. */
    :: atomic { faults > 0 && holds[_pid] && nothing_out && lane.token == ME ->
        faults--; drop_unsent(); seen = lane.wake; goto release
      }

    /* One delivery in flight makes one step; they proceed independently of each other. */
    :: atomic {
        if
        :: can_go_on(0) -> d = 0
        :: can_go_on(1) -> d = 1
#if DELIVERIES > 2
        :: can_go_on(2) -> d = 2
#endif
        fi;
        if
        :: flight[d] == READ ->
          assert(lane.token == ME);                     /* P6: approved for sending only under the lease */
          flight[d] = CLEARED
        :: flight[d] == CLEARED ->                      /* POST */
          assert(!(sent[d] & bit(as_read[d])) || failed);               /* P5: no second send without a failure */
          sent[d] = sent[d] | bit(as_read[d]);
          flight[d] = SENT
        :: flight[d] == SENT ->
          /* Settle: with ours as (select from lane where token = $mine), s as (delete or update queue where
             id = $id and attempt = $as_read and exists (table ours) …) insert into attempt select … from s.
             Two steps, as it does not lock the lane's row: the token is checked when the statement begins, */
          if
          :: TOKEN_FENCE ->
            assert(lane.token == ME);                   /* P2: no settle takes effect without the lease */
            flight[d] = SETTLING
          :: else -> flight[d] = NONE; as_read[d] = 0   /* 0 rows: the lease was lost */
          fi
        :: flight[d] == SETTLING ->                     /* … the queue's row when it is locked. */
          if
          :: ATTEMPT_FENCE ->
            assert(!(settled[d] & bit(as_read[d])));    /* P4: no attempt is settled twice */
            settled[d] = settled[d] | bit(as_read[d]);
            if
            :: vanish(d)                                /* delivered, or a terminal failure */
            :: queue[d].attempt < RETRIES ->            /* failed: again later, each row at its own time */
              queue[d].attempt++; queue[d].due_at = d + 1
            fi
          :: else                                       /* 0 rows: already settled */
          fi;
          if
          :: flight[d] = NONE; as_read[d] = 0
          :: faults > 0 ->                              /* the answer was lost: it settles again */
            faults--; failed = true; flight[d] = SENT
          fi
        fi;
        d = 0
      }

    :: !holds[_pid] && nothing_in_flight -> break
    od
  } unless {
    killed[_pid] ->           /* its memory is lost; what it stored stays */
      d_step {
        for (d : 0 .. 2) { flight[d] = NONE; as_read[d] = 0 }
        d = 0; forget_lane(); killed[_pid] = false
      }
  }
  goto end_idle
}

/* ---- publishers: one for each delivery, so that any two may overlap ---- */
active [DELIVERIES] proctype publisher() {
  /* begin; change; insert into event; insert into queue …; commit.  Never changes lanes. */
  queue[_pid - 2].due_at = NOW;
  /* update lane set wake = wake + 1, due = least(due, now) */
  if
  :: d_step { WAKES_IT -> lane.wake++; lane.due = NOW }
  :: !(WAKES_IT)
#ifdef PUBLISHER_DIES
  :: true
#endif
  fi
}

/* ---- faults, time and the sweep ---- */
#define can_fail(w) (faults > 0 && holds[w] && !killed[w])
#define ran_out(w) (lane.token == w + 1 && (!holds[w] || late[w]))
#define later(t) (t != NOW && t != NEVER)
#define pass(t) t = (later(t) -> t - 1 : t)

active proctype failures() {
end: do
  :: d_step { can_fail(0) -> faults--; failed = true; killed[0] = true }   /* kill -9, at any point */
  :: d_step { can_fail(1) -> faults--; failed = true; killed[1] = true }
  :: d_step { can_fail(0) && !late[0] -> faults--; failed = true; late[0] = true } /* SIGSTOP, a stall: past its deadline */
  :: d_step { can_fail(1) && !late[1] -> faults--; failed = true; late[1] = true }
  :: d_step { lane.leased && (ran_out(0) || ran_out(1)) -> lane.leased = false }
  od
}

active proctype clock() {
end: do
  :: d_step { later(queue[0].due_at) || later(queue[1].due_at) || later(queue[2].due_at) ->
      pass(queue[0].due_at); pass(queue[1].due_at); pass(queue[2].due_at);
      pass(lane.due); pass(next[0]); pass(next[1]) }
  od
}

#ifndef NO_SWEEP
active proctype sweep() {
end: do
  /* select … from lane where due > now and exists (select from queue where due_at <= now), then a wake of those.
     One step: the effect of a late wake is covered by the publishers, which may be arbitrarily late. */
  :: d_step { lane.due > NOW && (due(0) || due(1) || due(2)) -> lane.wake++; lane.due = NOW }
  od
}
#endif
