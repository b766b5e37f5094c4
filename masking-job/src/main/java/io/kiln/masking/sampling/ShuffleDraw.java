package io.kiln.masking.sampling;

import io.kiln.masking.records.Position;

/** Random draws for shuffling, each a function of (seed, topic, partition, offset). */
public final class ShuffleDraw {
    private ShuffleDraw() {}

    /**
     * Draws a place, uniform in 0 … places - 1.
     *
     * @param arrival position of the image that arrives
     * @param firstView number of its first view, which tells its replays apart
     */
    public static int place(long seed, Position arrival, int firstView, int places) {
        return random(seed, arrival, 2 * firstView).below(places);
    }

    /**
     * Draws a permutation of 0 … count - 1, all equally likely (Fisher–Yates shuffle; Durstenfeld,
     * algorithm 235, CACM 7, 1964).
     *
     * @param last position of the image that arrived last
     */
    public static int[] order(long seed, Position last, int count) {
        SampleRandom random = random(seed, last, 1);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        for (int i = count - 1; i > 0; i--) {
            int j = random.below(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    private static SampleRandom random(long seed, Position position, int use) {
        return new SampleRandom(SampleRandom.Purpose.SHUFFLE, seed, position, use);
    }
}
