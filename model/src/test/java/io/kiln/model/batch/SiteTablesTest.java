package io.kiln.model.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.SiteTables.Key;
import io.kiln.model.batch.SiteTables.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SiteTablesTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final int THREADS = 8;
    private static final Set<Key> KEYS =
            Set.of(
                    new Key(Kind.HALO, 8, 3, 3),
                    new Key(Kind.NEIGHBOURS, 4, 2, 0),
                    new Key(Kind.TILES, 8),
                    new Key(Kind.PADDED_TILES, 8),
                    new Key(Kind.MAP, 8),
                    new Key(Kind.SITES, 8));

    /** Patches 1 and 5 of six, in a grid of two rows and three columns. */
    private static PatchGrid grid() {
        return PatchGrid.of(GEOMETRY, 1, new int[] {0, 0, 1, 0, 1, 2});
    }

    /** What each of several threads returns that start at the same time. */
    private static <T> List<T> onManyThreads(Callable<T> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        CyclicBarrier start = new CyclicBarrier(THREADS);
        try {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                running.add(
                        threads.submit(
                                () -> {
                                    start.await();
                                    return work.call();
                                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> one : running) {
                results.add(one.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aGridHasOneSetOfTablesAndEachIsComputedOnceForAllThreads() throws Exception {
        for (int round = 0; round < 50; round++) {
            PatchGrid grid = grid();
            List<List<int[]>> results =
                    onManyThreads(
                            () -> {
                                SiteTables tables = grid.tables();
                                tables.make(KEYS);
                                return KEYS.stream().map(tables::table).toList();
                            });
            for (List<int[]> tables : results) {
                for (int i = 0; i < tables.size(); i++) {
                    assertThat(tables.get(i)).isSameAs(results.get(0).get(i));
                }
            }
            assertThat(grid.tables().made()).isEqualTo(KEYS);
        }
    }

    @Test
    void tablesMadeAheadEqualThoseMadeOnDemand() {
        PatchGrid ahead = grid();
        ahead.tables().make(KEYS);
        for (Key key : KEYS) {
            assertThat(ahead.tables().table(key))
                    .as("%s", key)
                    .isEqualTo(grid().tables().table(key));
        }
    }

    @Test
    void mapHoldsTheRowsOfActivePatchesAndTheNumberOfRowsElsewhere() {
        assertThat(grid().tables().table(new Key(Kind.MAP, 1))).containsExactly(2, 0, 2, 2, 2, 1);
        assertThat(grid().tables().table(new Key(Kind.SITES, 1))).containsExactly(1, 5);
    }
}
