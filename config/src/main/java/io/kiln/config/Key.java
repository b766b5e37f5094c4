package io.kiln.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one configuration key: what it is for, its default and what it may hold. It stands on a
 * record component, whose name is the key's name; {@link ConfigBinder} enforces it and {@code kiln
 * config} prints it, so the two cannot differ.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
    /** What the key is for, in one sentence without a full stop, with its unit. */
    String about();

    /**
     * The default as it would stand in the YAML file; empty text is the default where nothing is
     * given.
     */
    String fallback() default "";

    /**
     * Lowest number allowed, inclusive; of a duration, in seconds; of a list, for every element.
     */
    double min() default Double.NEGATIVE_INFINITY;

    /**
     * Highest number allowed, inclusive; of a duration, in seconds; of a list, for every element.
     */
    double max() default Double.POSITIVE_INFINITY;
}
