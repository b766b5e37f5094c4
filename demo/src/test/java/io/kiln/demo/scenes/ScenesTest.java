package io.kiln.demo.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenesTest {
    private static final int SIDE = 128;

    private final Scenes scenes = new Scenes(42, SIDE);

    @Test
    void aPictureIsAFunctionOfSeedAndNumber() {
        for (int i = 0; i < 5; i++) {
            assertThat(pixels(scenes.draw(i))).isEqualTo(pixels(new Scenes(42, SIDE).draw(i)));
            assertThat(pixels(scenes.draw(i))).isNotEqualTo(pixels(new Scenes(43, SIDE).draw(i)));
        }
    }

    @Test
    void noTwoPicturesAreEqual() {
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            assertThat(seen.add(Arrays.hashCode(pixels(scenes.draw(i)))))
                    .as("picture " + i)
                    .isTrue();
        }
    }

    @Test
    void thereIsStructureAtEveryScale() {
        double[] spread = new double[4];
        int[] blocks = {64, 32, 16, 4};
        for (int i = 0; i < 50; i++) {
            BufferedImage picture = scenes.draw(i);
            for (int s = 0; s < blocks.length; s++) {
                spread[s] += spreadOfBlockMeans(picture, blocks[s]) / 50;
            }
        }
        // Each finer scale adds something that the coarser one did not show; noise would add most
        // at the finest.
        assertThat(spread[0]).isGreaterThan(100);
        for (int s = 1; s < blocks.length; s++) {
            assertThat(spread[s] - spread[s - 1]).as("scale " + blocks[s]).isGreaterThan(20);
        }
        assertThat(spread[3] - spread[2]).isLessThan(spread[2]);
    }

    private static double spreadOfBlockMeans(BufferedImage picture, int block) {
        int across = SIDE / block;
        double sum = 0;
        double squares = 0;
        for (int by = 0; by < across; by++) {
            for (int bx = 0; bx < across; bx++) {
                double mean = 0;
                for (int y = 0; y < block; y++) {
                    for (int x = 0; x < block; x++) {
                        mean += picture.getRGB(bx * block + x, by * block + y) >> 8 & 0xff;
                    }
                }
                mean /= block * block;
                sum += mean;
                squares += mean * mean;
            }
        }
        int count = across * across;
        return squares / count - sum / count * (sum / count);
    }

    private static int[] pixels(BufferedImage picture) {
        return picture.getRGB(0, 0, SIDE, SIDE, null, 0, SIDE);
    }
}
