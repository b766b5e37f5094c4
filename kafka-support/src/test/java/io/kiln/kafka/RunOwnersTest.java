package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RunOwnersTest {
    private static final RunOwners NOBODY = RunOwners.parse(null);

    @Test
    void runWithoutAClaimIsNobodys() {
        for (String metadata : new String[] {null, "", " "}) {
            RunOwners owners = RunOwners.parse(metadata);
            assertThat(owners.submissions()).isEmpty();
            assertThat(owners.isOwner("a")).isFalse();
            assertThat(owners.isSuperseded("a")).isFalse();
            assertThat(owners.isUndecided()).isFalse();
        }
    }

    @Test
    void lastJobThatClaimedOwnsTheRun() {
        RunOwners owners = NOBODY.then("a", "note-a").then("b", "note-b");
        assertThat(owners.isOwner("b")).isTrue();
        assertThat(owners.token()).isEqualTo("note-b");
        assertThat(owners.isSuperseded("a")).isTrue();
        assertThat(owners.isSuperseded("b")).isFalse();
        assertThat(owners.isSuperseded("never claimed")).isFalse();
    }

    @Test
    void ownerThatNotesSomethingElseClaimsNothingAgain() {
        RunOwners owners = NOBODY.then("a", "1").then("a", "2");
        assertThat(owners).isEqualTo(new RunOwners(List.of("a"), "2"));
    }

    @Test
    void metadataOfABrokerGivesBackTheOwners() {
        for (RunOwners owners :
                List.of(
                        NOBODY.then("a", "note"),
                        NOBODY.then("a", "note").then("b", "other"),
                        NOBODY.claimedBy("a"),
                        NOBODY.then("a", "note").claimedBy("b"),
                        NOBODY.then("a", "note").claimedBy("b").claimedBy("c"))) {
            assertThat(RunOwners.parse(owners.metadata())).isEqualTo(owners);
        }
    }

    @Test
    void claimThatIsNotDecidedLeavesWhatTheOwnerNoted() {
        RunOwners before = NOBODY.then("a", "note");
        RunOwners claimed = before.claimedBy("b");
        assertThat(claimed.isUndecided()).isTrue();
        assertThat(claimed.isOwner("b")).isTrue();
        assertThat(claimed.decided()).isEqualTo(before);
        assertThat(claimed.then("b", "other").isUndecided()).isFalse();
    }

    @Test
    void claimsOfJobsThatDiedUndecidedAllFallBackToTheOwner() {
        RunOwners before = NOBODY.then("a", "note");
        assertThat(before.claimedBy("b").claimedBy("c").claimedBy("d").decided()).isEqualTo(before);
        assertThat(NOBODY.claimedBy("a").decided()).isEqualTo(NOBODY);
    }

    @Test
    void jobThatIsDecidedBehindOneThatIsNotOwnsTheRunAlone() {
        RunOwners owners = NOBODY.then("a", "note").claimedBy("b").claimedBy("c").then("c", "mine");
        assertThat(owners.decided()).isEqualTo(owners);
        assertThat(owners.isOwner("c")).isTrue();
        assertThat(owners.isSuperseded("b")).isTrue();
        assertThat(owners.isSuperseded("a")).isTrue();
    }

    @Test
    void brokersLimitOnMetadataIsNeverReached() {
        RunOwners owners = NOBODY;
        for (int i = 0; i < 1000; i++) {
            String job = RunClaim.newSubmission();
            owners = RunOwners.parse(owners.claimedBy(job).then(job, job).metadata());
            assertThat(owners.isOwner(job)).isTrue();
        }
        assertThat(owners.metadata().length()).isLessThan(4096); // offset.metadata.max.bytes
        assertThat(owners.submissions()).hasSizeGreaterThan(20);
    }

    /** Many jobs claim a run at once, as {@link RunClaim} does. Every second one is refused. */
    @Test
    void ofManyThatClaimAtOnceOneOwnsTheRunAndTheRefusedOnesNeverDo() throws Exception {
        int jobs = 16;
        ExecutorService threads = Executors.newFixedThreadPool(jobs);
        for (int round = 0; round < 200; round++) {
            AtomicReference<RunOwners> kept = new AtomicReference<>(NOBODY.then("0", "note of 0"));
            CyclicBarrier start = new CyclicBarrier(jobs);
            List<Future<Boolean>> claims = new ArrayList<>();
            for (int job = 1; job <= jobs; job++) {
                Claimant claimant = new Claimant(kept, Integer.toString(job), job % 2 == 1);
                claims.add(
                        threads.submit(
                                () -> {
                                    start.await();
                                    return claimant.takes();
                                }));
            }
            for (Future<Boolean> claim : claims) {
                claim.get();
            }
            RunOwners end = kept.get();
            assertThat(end.isUndecided()).isFalse();
            assertThat(end.submissions()).doesNotHaveDuplicates().startsWith("0");
            String owner = end.submissions().get(end.submissions().size() - 1);
            assertThat(end.token()).isEqualTo("note of " + owner);
            assertThat(Integer.parseInt(owner)).as("the owner, who was not refused").isEven();
            if (!owner.equals("0")) {
                assertThat(claims.get(Integer.parseInt(owner) - 1).get()).isTrue();
            }
        }
        threads.shutdown();
    }

    /** A job whose broker replaces the owners if they are those that the job has read. */
    private record Claimant(AtomicReference<RunOwners> kept, String job, boolean refused) {
        /** Whether the job has owned the run for a moment, decided. */
        boolean takes() {
            RunOwners owners = kept.get();
            while (!owners.isOwner(job)) {
                kept.compareAndSet(owners, owners.claimedBy(job));
                owners = kept.get();
                if (owners.isSuperseded(job)) {
                    return false; // not decided yet, so it is not waited for
                }
            }
            return refused ? handsBack() : decides();
        }

        private boolean handsBack() {
            RunOwners owners = kept.get();
            if (owners.isOwner(job) && owners.isUndecided()) {
                kept.compareAndSet(owners, owners.decided());
            }
            return false;
        }

        private boolean decides() {
            String note = "note of " + job;
            RunOwners owners = kept.get();
            while (!(owners.isOwner(job) && owners.token().equals(note))) {
                if (!owners.isSuperseded(job)) {
                    kept.compareAndSet(owners, owners.then(job, note));
                } else if (!owners.isUndecided() || !owners.decided().isOwner(job)) {
                    return false;
                } else {
                    Thread.yield(); // until the one behind has decided
                }
                owners = kept.get();
            }
            return true;
        }
    }
}
