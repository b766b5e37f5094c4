package io.kiln.masking.sampling;

import io.kiln.masking.records.Position;

/** Draws for shuffling: functions of (seed, topic, partition, offset). */
public final class ShuffleDraw {
    private ShuffleDraw() {}

    /**
     * Uniform in 0 … places - 1.
     *
     * @param arrival the image for which is drawn
     */
    public static int place(long seed, Position arrival, int places) {
        return random(seed, arrival, 0).below(places);
    }

    /**
     * A permutation of 0 … count - 1, all equally likely (Fisher and Yates; Durstenfeld's algorithm
     * 235, CACM 7, 1964).
     *
     * @param last image that arrived
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
