package io.kiln.masking.sampling;

import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;

/**
 * Random draws for the replay of old images, each a function of (seed, topic, partition, offset).
 */
public final class ReplayDraw {
    private final SampleRandom replayed;
    private final SampleRandom leaving;

    /**
     * @param arrival position of the new image
     */
    public ReplayDraw(long seed, Position arrival) {
        this.replayed = new SampleRandom(Purpose.REPLAY, seed, arrival, 0);
        this.leaving = new SampleRandom(Purpose.REPLAY, seed, arrival, 1);
    }

    /**
     * Draws the images that go along with the new one, all equally likely (Floyd's algorithm;
     * Bentley, CACM 30, 1987).
     *
     * @param held images in the buffer
     * @param count how many go along, if there are as many
     * @return different places, from 0 to held - 1, in the order in which they go
     */
    public int[] along(int held, int count) {
        int[] places = new int[Math.min(held, count)];
        for (int i = 0; i < places.length; i++) {
            int last = held - places.length + i;
            int place = replayed.below(last + 1);
            places[i] = contains(places, i, place) ? last : place;
        }
        return places;
    }

    private static boolean contains(int[] places, int length, int place) {
        for (int i = 0; i < length; i++) {
            if (places[i] == place) {
                return true;
            }
        }
        return false;
    }

    /**
     * Draws whether the new image enters a full buffer that is an even sample of the stream
     * (Vitter, algorithm R, ACM TOMS 11, 1985).
     *
     * @param held images in the buffer
     * @param seen images of the stream, the new one among them
     */
    public boolean enters(int held, long seen) {
        return leaving.uniform() * seen < held;
    }

    /** Draws the place of the image that leaves, from 0 to held - 1. */
    public int leaves(int held) {
        return leaving.below(held);
    }
}
