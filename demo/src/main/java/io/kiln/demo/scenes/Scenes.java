package io.kiln.demo.scenes;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RadialGradientPaint;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/**
 * Generates images to train on: a lit background with a few large, shaded, overlapping objects,
 * some of them patterned. They have structure at every scale from the whole image down to a few
 * pixels, so masked parts can be predicted from visible ones. Image i of a seed is always the same.
 */
public final class Scenes {
    private final long seed;
    private final int side;

    /**
     * @param side height and width of the images in pixels
     */
    public Scenes(long seed, int side) {
        if (side < 16) {
            throw new IllegalArgumentException("side must be at least 16 pixels: " + side);
        }
        this.seed = seed;
        this.side = side;
    }

    /** Draws image number {@code index}. */
    public BufferedImage draw(int index) {
        // Mixed first: equidistant seeds would give overlapping sequences.
        SplittableRandom random =
                new SplittableRandom(new SplittableRandom(seed + index).nextLong());
        BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = picture.createGraphics();
        try {
            canvas.setRenderingHint(
                    RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            Palette palette = Palette.random(random);
            background(canvas, palette, random);
            int objects = random.nextInt(3, 9);
            for (int i = 0; i < objects; i++) {
                double size = side * random.nextDouble(0.25, 0.8) / (1 + 0.2 * i);
                object(canvas, palette, size, random);
            }
            light(canvas, random);
        } finally {
            canvas.dispose();
        }
        return picture;
    }

    private void background(Graphics2D canvas, Palette palette, SplittableRandom random) {
        double angle = random.nextDouble(2 * Math.PI);
        float reach = side * 0.7f;
        float middle = side / 2f;
        float dx = (float) Math.cos(angle) * reach;
        float dy = (float) Math.sin(angle) * reach;
        canvas.setPaint(
                new GradientPaint(
                        middle - dx,
                        middle - dy,
                        palette.dark(random),
                        middle + dx,
                        middle + dy,
                        palette.light(random)));
        canvas.fillRect(0, 0, side, side);
        if (random.nextInt(3) == 0) {
            ground(canvas, palette, random);
        }
    }

    /** A lower part of another colour, like land under a sky. */
    private void ground(Graphics2D canvas, Palette palette, SplittableRandom random) {
        float horizon = (float) (side * random.nextDouble(0.45, 0.8));
        canvas.setPaint(
                new GradientPaint(
                        0, horizon, palette.light(random), 0, side, palette.dark(random)));
        canvas.fill(new Rectangle2D.Float(0, horizon, side, side - horizon));
    }

    private void object(Graphics2D canvas, Palette palette, double size, SplittableRandom random) {
        double x = random.nextDouble(-0.1, 1.1) * side;
        double y = random.nextDouble(-0.1, 1.1) * side;
        Shape shape = shape(x, y, size, random);
        shadow(canvas, shape, size);
        double lit = size * 0.35;
        canvas.setPaint(
                new RadialGradientPaint(
                        new Point2D.Double(x - lit, y - lit),
                        (float) (size * 1.1),
                        new float[] {0, 1},
                        new Color[] {palette.light(random), palette.dark(random)}));
        canvas.fill(shape);
        if (random.nextInt(2) == 0) {
            pattern(canvas, shape, palette, size, random);
        }
    }

    private static Shape shape(double x, double y, double size, SplittableRandom random) {
        double half = size / 2;
        Shape plain =
                switch (random.nextInt(4)) {
                    case 0 -> new Rectangle2D.Double(-half, -half * 0.7, size, size * 0.7);
                    case 1 ->
                            new RoundRectangle2D.Double(
                                    -half, -half, size, size, size * 0.4, size * 0.4);
                    case 2 -> polygon(half, random.nextInt(3, 7));
                    default -> new Ellipse2D.Double(-half, -half, size, size);
                };
        AffineTransform place = AffineTransform.getTranslateInstance(x, y);
        place.rotate(random.nextDouble(Math.PI));
        return place.createTransformedShape(plain);
    }

    private static Shape polygon(double radius, int corners) {
        Path2D path = new Path2D.Double();
        for (int i = 0; i < corners; i++) {
            double angle = 2 * Math.PI * i / corners;
            double px = radius * Math.cos(angle);
            double py = radius * Math.sin(angle);
            if (i == 0) {
                path.moveTo(px, py);
            } else {
                path.lineTo(px, py);
            }
        }
        path.closePath();
        return path;
    }

    private static void shadow(Graphics2D canvas, Shape shape, double size) {
        canvas.setPaint(new Color(0, 0, 0, 22));
        for (int i = 1; i <= 4; i++) {
            double shift = size * 0.025 * i;
            canvas.fill(
                    AffineTransform.getTranslateInstance(shift, shift)
                            .createTransformedShape(shape));
        }
    }

    /** Stripes or dots, clipped to the shape. */
    private void pattern(
            Graphics2D canvas, Shape shape, Palette palette, double size, SplittableRandom random) {
        Shape clip = canvas.getClip();
        canvas.clip(shape);
        Color colour = palette.light(random);
        canvas.setPaint(new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), 150));
        double step = Math.max(4, size * random.nextDouble(0.1, 0.25));
        Rectangle2D bounds = shape.getBounds2D();
        if (random.nextBoolean()) {
            canvas.setStroke(new BasicStroke((float) (step * 0.45)));
            double slope = random.nextDouble(-1, 1) * bounds.getHeight();
            for (double x = bounds.getMinX() - Math.abs(slope);
                    x < bounds.getMaxX() + Math.abs(slope);
                    x += step) {
                canvas.draw(new Line2D.Double(x, bounds.getMinY(), x + slope, bounds.getMaxY()));
            }
        } else {
            double dot = step * 0.5;
            for (double x = bounds.getMinX(); x < bounds.getMaxX(); x += step) {
                for (double y = bounds.getMinY(); y < bounds.getMaxY(); y += step) {
                    canvas.fill(new Ellipse2D.Double(x, y, dot, dot));
                }
            }
        }
        canvas.setClip(clip);
    }

    /** Lights the whole image from one point. */
    private void light(Graphics2D canvas, SplittableRandom random) {
        Point2D lamp = new Point2D.Double(random.nextDouble(side), random.nextDouble(side * 0.6));
        canvas.setComposite(AlphaComposite.SrcOver);
        canvas.setPaint(
                new RadialGradientPaint(
                        lamp,
                        side * 1.2f,
                        new float[] {0, 0.45f, 1},
                        new Color[] {
                            new Color(255, 250, 230, 70),
                            new Color(128, 128, 128, 0),
                            new Color(0, 0, 20, 110)
                        }));
        canvas.fillRect(0, 0, side, side);
    }

    /** The colours of one image: two hues, lighter and darker. */
    private record Palette(float first, float second, float saturation) {
        static Palette random(SplittableRandom random) {
            float hue = (float) random.nextDouble();
            return new Palette(
                    hue,
                    hue + (float) random.nextDouble(0.08, 0.5),
                    (float) random.nextDouble(0.2, 0.8));
        }

        Color light(SplittableRandom random) {
            return colour(random, 0.75, 1);
        }

        Color dark(SplittableRandom random) {
            return colour(random, 0.15, 0.5);
        }

        private Color colour(SplittableRandom random, double low, double high) {
            float hue = random.nextBoolean() ? first : second;
            return Color.getHSBColor(hue, saturation, (float) random.nextDouble(low, high));
        }
    }
}
