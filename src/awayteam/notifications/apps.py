from awayteam.kernel import registries


class NotificationsConfig(registries.App):
    name = "awayteam.notifications"
    label = "notifications"

    def register(self) -> None:
        from awayteam.kernel import jobs, outbox
        from awayteam.notifications import channels, places, sending
        from awayteam.notifications.rules import Channel

        outbox.register(channels.OUTBOX[Channel.EMAIL], channels.deliver_mail)
        outbox.register(channels.OUTBOX[Channel.SLACK], channels.deliver_chat)
        outbox.register(channels.OUTBOX[Channel.WEBHOOK], channels.deliver_webhook)
        jobs.register(sending.SEND)
        jobs.register(sending.FORGET)
        places.register()
